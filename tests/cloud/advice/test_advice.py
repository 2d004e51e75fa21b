"""Sentences: every kind for every crop and irrigation, in a farmer's words, with figures that can be reckoned by
hand."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

import cloud.advice.advice
from cloud.advice.dry_advice import dry_unasked
from cloud.advice.evidence import evidence_in_words
from cloud.advice.trouble import Advice, Trouble
from cloud.block.water import (
    Drying,
    Incoming,
    block_water,
    drying_faster_since,
    lasts_until,
    root_depth_m,
    soil_water,
    watering,
)
from edge.agronomy.crops import crops, soils
from edge.contract.kinds import kinds
from edge.contract.messages import Call, Evidence
from edge.farm import ColdStore, Zone

NOW = 1_437_566_400_000
"""22 July 2015."""
HOUR = 3_600_000
IRRIGATIONS: tuple[Literal["drip", "sprinkler", "flood"] | None, ...] = (None, "drip", "sprinkler", "flood")
HOUSE_WORDS = re.compile(
    r"\b(sentinel|node|frame|class|feature|verdict|payload|channel|gateway|zone|none|nan|null|inf)\b|_|\{|\}|  ",
    re.IGNORECASE,
)
FEATURE_ROW = re.compile(r'X\(([A-Z0-9_]+), "([^"]*)",')
FEATURES = FEATURE_ROW.findall(
    (Path(__file__).parents[3] / "firmware/include/cooee/feature.h").read_text(encoding="utf-8")
)


def block(crop: str = "tomato", irrigation: Literal["drip", "sprinkler", "flood"] | None = "drip") -> Zone:
    return Zone(id="block", name="Long block", crop=crop, soil="sandy_loam", area_ha=1.2, irrigation=irrigation)


def cold_store(crop: str = "apple") -> Zone:
    return Zone(id="cold", name="Cold room", crop=crop, area_ha=0.02, store=ColdStore(volume_m3=600, load_kg=90_000))


def trouble(
    zone: Zone,
    kind: str,
    values: dict[str, float],
    *why: Evidence,
    hours: int = 6,
    sensors: int = 1,
    elsewhere: dict[str, float] | None = None,
    others: int = 1,
    drying: Drying | None = None,
    incoming: Incoming | None = None,
) -> Trouble:
    calls = [
        Call(
            farm="f",
            node=f"n-{i}",
            boot=1,
            seq=i,
            t=NOW,
            sentinel="s",
            version="00000000",
            kind=kind,
            confidence=80 + i,
            state="raised",
            raised_t=NOW - hours * HOUR,
            why=why,
        )
        for i in range(sensors)
    ]
    places = {call.node: values for call in calls}
    places |= {f"o-{i}": elsewhere for i in range(others) if elsewhere}
    water = block_water(zone, places, NOW)
    return Trouble(
        zone=zone,
        kind=kind,
        calls=calls,
        now=NOW,
        values=values,
        water=water,
        drying=drying,
        incoming=incoming or Incoming(),
    )


def advise(found: Trouble) -> Advice:
    """The advice with ordinary spaces."""
    said = cloud.advice.advice.advise(found)
    why, *steps = (text.replace("\N{NO-BREAK SPACE}", " ") for text in (said.why, *said.steps))
    return replace(said, title=said.title.replace("\N{NO-BREAK SPACE}", " "), why=why, steps=tuple(steps))


def text(advice: Advice) -> str:
    return "\n".join((advice.title, advice.why, advice.evidence, *advice.steps))


def moisture(zone: Zone, lost: float) -> dict[str, float]:
    """Both probes so that `lost` of the available water is gone."""
    assert zone.soil is not None
    texture = soils()[zone.soil]
    value = texture.field_capacity - lost * (texture.field_capacity - texture.wilting_point)
    return {"soil_moisture_10cm": value, "soil_moisture_30cm": value}


@pytest.mark.parametrize("kind", [*kinds(), "hail_storm"])
@pytest.mark.parametrize("crop", sorted(crops()))
def test_every_kind_speaks_plainly(kind: str, crop: str) -> None:
    why = tuple(Evidence(feature=name.lower(), value=0.42, unit=unit) for name, unit in FEATURES)
    weather = {"air_temperature": -1.2, "gust": 19.0, "ethylene": 3.456, "humidity": 93.0}
    zones = [*(block(crop, irrigation) for irrigation in IRRIGATIONS), cold_store(crop)]
    for zone in zones:
        soil_values = [moisture(zone, lost) for lost in (-0.5, 0.0, 0.3, 0.55, 0.8, 1.5)] if zone.soil else [{}]
        for values in ({}, weather, *(weather | wet for wet in soil_values)):
            for hours, sensors in ((0, 1), (50, 3)):
                advice = advise(trouble(zone, kind, values, *why[:3], hours=hours, sensors=sensors))
                found = HOUSE_WORDS.search(text(advice))
                assert found is None, f"{found}: {text(advice)}"
                assert zone.name in advice.title
                assert advice.title.endswith(".")
                assert advice.steps
                assert advice.level in ("needs_you", "urgent")


@pytest.mark.parametrize(("now", "told"), [(3.6, "45"), (15.0, "54")])
def test_a_wind_is_told_by_the_strongest_gust_that_is_known(now: float, told: str) -> None:
    """Not "Gusts reach 13 km/h" of a call that was made of 45."""
    advice = advise(trouble(block(), "wind", {"gust": now}, Evidence(feature="gust", value=12.5, unit="m/s")))
    assert re.fullmatch(rf"Gusts reach {told}.km/h\.", advice.why)


@pytest.mark.parametrize(("feature", "unit"), FEATURES)
def test_every_feature_of_the_firmware_has_words(feature: str, unit: str) -> None:
    for value in (-0.37, 0.0, 0.37, 1.2, 25.0):
        words = evidence_in_words(Evidence(feature=feature.lower(), value=value, unit=unit))
        assert words, feature
        assert HOUSE_WORDS.search(words) is None, words


def test_the_figures_of_a_dry_block_can_be_reckoned_by_hand() -> None:
    """Sandy loam, tomato fully grown: TAW = 1000 (fc - wp) 0.7 m; 42 % of it lost; drip brings 90 % of the water to the
    roots."""
    zone, texture = block(), soils()["sandy_loam"]
    taw = 1000 * (texture.field_capacity - texture.wilting_point) * 0.7
    expected = 0.42 * taw / 0.9
    advice = advise(trouble(zone, "too_dry", moisture(zone, 0.42), sensors=2))
    assert expected > 30, "more than a soil takes at once"
    half = expected / 2
    assert (
        advice.title
        == f"Long block is dry: water {half:.0f} mm by tomorrow morning. Give the same again the day after."
    )
    assert advice.why == f"Roots have used {0.42 * taw:.0f} of {taw:.0f} mm."
    assert f"{half * 12:.0f} m³" in advice.steps[0]
    assert advice.level == "needs_you"


def test_each_probe_stands_for_its_own_layer() -> None:
    """Tomato fully grown, 0.7 m of roots: the 10 cm probe stands for 0.2 m, the 30 cm probe for 0.5 m."""
    zone, full = block(), soils()["sandy_loam"].field_capacity
    values = {"soil_moisture_10cm": full - 0.06, "soil_moisture_30cm": full - 0.02}
    water = soil_water(zone, values, NOW)
    assert water is not None
    assert water.lost * water.capacity_mm == pytest.approx(1000 * (0.06 * 0.2 + 0.02 * 0.5))
    assert water.used_mm == pytest.approx(22)
    give = watering(zone, water.used_mm, 0.5)
    assert give.portion_mm == pytest.approx(22 / 0.9)
    assert give.volume_m3 == pytest.approx(22 / 0.9 * 0.6 * 10)


def test_a_block_past_its_refill_point_cannot_wait() -> None:
    zone = block()
    advice = advise(trouble(zone, "too_dry", moisture(zone, 0.7)))
    assert (advice.level, advice.deadline) == ("urgent", "today")
    assert "mm today" in advice.title


@pytest.mark.parametrize("irrigation", IRRIGATIONS)
def test_a_block_that_is_dry_in_one_spot_is_looked_at_not_watered(
    irrigation: Literal["drip", "sprinkler", "flood"] | None,
) -> None:
    zone = block(irrigation=irrigation)
    advice = advise(trouble(zone, "too_dry", moisture(zone, 0.7), elsewhere=moisture(zone, 0.16), others=3))
    assert advice.title == "Long block may be dry around n-0: look there by tomorrow morning."
    assert advice.why == "Roots have used 13 of 84 mm. The other soil sensors of this block see water enough."
    assert advice.level == "needs_you"
    assert HOUSE_WORDS.search(text(advice)) is None


def test_the_part_that_lacks_water_gets_it_and_no_other() -> None:
    """Two of five places have lost 60 % of 84 mm, the others 10 %: two fifths of 1.2 ha get 50.4 mm by 90 %."""
    zone = block()
    advice = advise(trouble(zone, "too_dry", moisture(zone, 0.6), sensors=2, elsewhere=moisture(zone, 0.1), others=3))
    assert advice.title.startswith(
        "Long block is dry in 2 of 5 places: water 28 mm there today. Give the same again the day after."
    )
    assert advice.why == "Roots have used 50 of 84 mm."
    assert advice.steps[0].startswith("28 mm on 0.48 ha (the dry part) is 134 m³.")


@pytest.mark.parametrize(
    ("net_mm", "flow", "texture", "portions", "hours"),
    [
        (18, 4.0, "sandy_loam", 1, 5.0),  # 20 mm
        (18, None, "sandy_loam", 1, None),
        (127 * 0.9, 4.0, "sandy_loam", 5, 6.35),  # 127 mm are never given at once
        (18, 4.0, "clay", 2, 2.5),  # it drinks 0.6 mm/h: ten millimetres stand in puddles
    ],
)
def test_amounts_that_can_be_applied(
    net_mm: float, flow: float | None, texture: str, portions: int, hours: float | None
) -> None:
    give = watering(block().model_copy(update={"flow_mm_h": flow, "soil": texture}), net_mm, 1.0)
    assert give.portions == portions
    assert give.portions * give.portion_mm == pytest.approx(net_mm / 0.9)
    assert give.hours == (None if hours is None else pytest.approx(hours))


def test_a_small_plot_is_told_litres_and_how_long() -> None:
    garden = block().model_copy(update={"area_ha": 0.004, "flow_mm_h": 3.0})
    advice = advise(trouble(garden, "too_dry", moisture(garden, 0.3)))
    assert advice.steps[0] == "28 mm on 40 m² is 1,120 litres. Run it for 9 hours 20 minutes."


def test_rain_is_taken_off_and_while_it_rains_the_farmer_waits() -> None:
    zone, dry = block(), moisture(block(), 0.45)  # 37.8 mm
    over = advise(trouble(zone, "too_dry", dry, incoming=Incoming(last_hour_mm=0.0, on_its_way_mm=20.0)))
    assert over.title == "Long block is dry: water 20 mm by tomorrow morning."
    assert "20 mm of rain are taken off already." in over.steps
    now = advise(trouble(zone, "too_dry", moisture(zone, 0.9), incoming=Incoming(last_hour_mm=0.6, on_its_way_mm=3.0)))
    assert now.title == "Long block is dry, and it rains: wait, and look again when it stops."
    assert now.level == "needs_you"
    enough = advise(trouble(zone, "too_dry", dry, incoming=Incoming(last_hour_mm=0.0, on_its_way_mm=37.0)))
    assert enough.title == "Long block is dry, and it has rained: wait, and look again tomorrow."
    given = advise(trouble(zone, "too_dry", dry, incoming=Incoming(on_its_way_mm=37.0, given=True)))
    assert given.title == "Long block is dry, and water was given: wait, and look again tomorrow."
    part = advise(trouble(zone, "too_dry", moisture(zone, 0.7), incoming=Incoming(on_its_way_mm=25.0, given=True)))
    assert "25 mm that you gave or that fell are taken off already." in part.steps
    assert part.deadline == "tomorrow", "what is on its way reaches the roots"


def test_why_says_how_long_the_water_lasts() -> None:
    """0.01 m3/m3 a day over 0.7 m of roots is 7 mm: 84 mm less 42 mm last six days, less 63 mm three; NOW is a
    Wednesday."""
    zone = block()
    usual = Drying(faster_since=NOW - 2 * 24 * HOUR, loss_a_day=0.01)
    why = advise(trouble(zone, "too_dry", moisture(zone, 0.75), drying=usual)).why
    assert why == "Roots have used 63 of 84 mm. Since Monday it dries faster than usual. The rest lasts until Saturday."
    soon = soil_water(zone, moisture(zone, 0.3), NOW)
    assert soon is not None
    assert lasts_until(zone, soon, usual, NOW) == NOW + round(1.2 * 24 * HOUR), "8.4 mm to the refill point"
    why = advise(trouble(zone, "too_dry", moisture(zone, 0.3), drying=usual)).why
    assert why.endswith("What they take easily lasts until tomorrow.")
    assert lasts_until(zone, soon, Drying(faster_since=None, loss_a_day=0.001), NOW) is None
    assert lasts_until(zone, soon, None, NOW) is None


def test_a_block_that_reads_dry_without_a_call_is_looked_at() -> None:
    water = block_water(block(), {"a": moisture(block(), 0.5), "b": moisture(block(), 0.2)}, NOW)
    assert water is not None
    advice = dry_unasked(block(), water, NOW)
    assert advice.title == "Long block reads dry in 1 of 2 places, though no sensor calls: dig and look by tomorrow."
    assert HOUSE_WORDS.search(text(advice)) is None


def test_a_dry_block_without_irrigation_is_not_told_to_irrigate() -> None:
    advice = advise(trouble(block(irrigation=None), "too_dry", moisture(block(), 0.6)))
    assert "no irrigation" in advice.title
    assert "water 3" not in text(advice)


def test_a_watered_block_is_told_to_check_only() -> None:
    """Tomato is watered again at 40 %: below half of that it has had water, above it will soon be dry again."""
    assert "has had water" in advise(trouble(block(), "too_dry", moisture(block(), 0.02))).title
    assert "has had water" in advise(trouble(block(), "too_dry", moisture(block(), 0.19))).title
    assert "will soon be dry" in advise(trouble(block(), "too_dry", moisture(block(), 0.21))).title


def test_frost_that_is_there_is_told_apart_from_frost_that_comes() -> None:
    assert advise(trouble(block(), "frost", {"air_temperature": -0.4})).title == "Frost at Long block: protect it now."
    assert "within 6 hours" in advise(trouble(block(), "frost", {"air_temperature": 3.0})).title


def test_blight_and_scab_by_crop() -> None:
    assert "late blight" in advise(trouble(block("potato"), "disease", {})).title
    assert "scab" in advise(trouble(block("apple"), "disease", {})).title
    assert "leaf disease" in advise(trouble(block("lettuce"), "disease", {})).title


def test_roots_grow_with_the_season() -> None:
    day = 24 * HOUR
    may_10 = NOW - 73 * day
    depths = [root_depth_m(block(), may_10 + days * day) for days in (0, 30, 50, 70, 90)]
    assert depths == pytest.approx([0.25, 0.25, 0.475, 0.7, 0.7]), "initial stage of 30 days, development of 40"
    assert root_depth_m(block("apple"), may_10) == 1.0


def test_no_soil_water_without_soil_or_reading() -> None:
    assert soil_water(cold_store(), {"ethylene": 1.0}, NOW) is None
    assert soil_water(block(), {}, NOW) is None


@pytest.mark.parametrize(
    ("moisture_by_day", "expected"),
    [
        ([0.30, 0.29, 0.28, 0.27, 0.26, 0.25, 0.23, 0.21], 6),  # twice as fast for two days
        ([0.30, 0.29, 0.28, 0.27, 0.26, 0.25, 0.24], None),  # as always
        ([0.30, 0.28, 0.27, 0.26, 0.25, 0.27], None),  # it rained
        ([0.30, 0.29], None),  # too little is known
        ([], None),
    ],
)
def test_drying_faster_since(moisture_by_day: list[float], expected: int | None) -> None:
    assert drying_faster_since(range(len(moisture_by_day)), moisture_by_day) == expected
