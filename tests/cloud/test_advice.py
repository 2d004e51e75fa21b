"""Sentences: every kind for every crop and irrigation, in a farmer's words, with figures that can be reckoned by
hand."""

import re
from pathlib import Path
from typing import Literal

import pytest

from cloud.advice import Advice, Trouble, advise, drying_faster_since, root_depth_m, soil_water
from cloud.evidence import evidence_in_words
from edge.agronomy import crops, soils
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
    (Path(__file__).parents[2] / "firmware/include/cooee/feature.h").read_text(encoding="utf-8")
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
    return Trouble(zone=zone, kind=kind, calls=calls, now=NOW, values=values, elsewhere=elsewhere or {})


def text(advice: Advice) -> str:
    return "\n".join((advice.title, advice.why, *advice.steps))


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
    assert advice.title == f"Long block is dry: water {expected:.0f} mm by tomorrow morning."
    assert advice.why.startswith("Soil has lost 42 % of what the roots can use.")
    assert f"{expected * 12:.0f} m³" in advice.steps[0]
    assert advice.level == "needs_you"


def test_each_probe_stands_for_its_own_layer() -> None:
    """Tomato fully grown, 0.7 m of roots: the 10 cm probe stands for 0.2 m, the 30 cm probe for 0.5 m."""
    zone, full = block(), soils()["sandy_loam"].field_capacity
    values = {"soil_moisture_10cm": full - 0.06, "soil_moisture_30cm": full - 0.02}
    water = soil_water(zone, values, NOW)
    assert water is not None
    assert water.lost * water.capacity_mm == pytest.approx(1000 * (0.06 * 0.2 + 0.02 * 0.5))
    assert water.to_give_mm == pytest.approx(22 / 0.9)


def test_a_block_past_its_refill_point_cannot_wait() -> None:
    zone = block()
    advice = advise(trouble(zone, "too_dry", moisture(zone, 0.7)))
    assert advice.level == "urgent"
    assert advice.title.endswith("mm today.")


@pytest.mark.parametrize("irrigation", IRRIGATIONS)
def test_a_block_that_is_dry_in_one_spot_is_looked_at_not_watered(
    irrigation: Literal["drip", "sprinkler", "flood"] | None,
) -> None:
    zone = block(irrigation=irrigation)
    advice = advise(trouble(zone, "too_dry", moisture(zone, 0.7), sensors=2, elsewhere=moisture(zone, 0.16)))
    assert advice.title == "Long block may be dry around n-0 and n-1: look there by tomorrow morning."
    assert advice.why.startswith("Around n-0 and n-1 the soil has lost 70 %")
    assert advice.why.endswith("The other soil sensors of this block still see 84 % left.")
    assert advice.level == "needs_you"
    assert HOUSE_WORDS.search(text(advice)) is None


def test_sensors_that_call_first_say_where() -> None:
    zone = block()
    advice = advise(trouble(zone, "too_dry", moisture(zone, 0.5), elsewhere=moisture(zone, 0.3)))
    assert advice.title.startswith("Long block is dry: water ")
    assert advice.why.startswith("Around n-0 the soil has lost 50 %")


def test_sensors_that_see_it_too_and_those_of_the_air_change_nothing() -> None:
    zone = block()
    for elsewhere in (moisture(zone, 0.45), {"air_temperature": 20.0}):
        advice = advise(trouble(zone, "too_dry", moisture(zone, 0.5), elsewhere=elsewhere))
        assert advice == advise(trouble(zone, "too_dry", moisture(zone, 0.5)))


def test_water_needed_grows_with_losses_on_the_way() -> None:
    given = [soil_water(block(irrigation=way), moisture(block(), 0.5), NOW) for way in ("drip", "sprinkler", "flood")]
    amounts = [water.to_give_mm for water in given if water]
    assert len(amounts) == 3
    assert amounts == sorted(amounts)
    assert amounts[0] * 0.90 == pytest.approx(amounts[2] * 0.60)


def test_a_dry_block_without_irrigation_is_not_told_to_irrigate() -> None:
    advice = advise(trouble(block(irrigation=None), "too_dry", moisture(block(), 0.6)))
    assert "no irrigation" in advice.title
    assert "water 3" not in text(advice)


def test_a_watered_block_is_told_to_check_only() -> None:
    """Tomato is watered again at 40 %: below half of that it has had water, above it is as dry as its sensors say."""
    assert "has had water" in advise(trouble(block(), "too_dry", moisture(block(), 0.02))).title
    assert "has had water" in advise(trouble(block(), "too_dry", moisture(block(), 0.19))).title
    assert "is dry" in advise(trouble(block(), "too_dry", moisture(block(), 0.21))).title


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
    leap_day = Zone(id="b", name="B", crop="tomato", soil="loam", area_ha=1, planted="02-29")
    assert root_depth_m(leap_day, NOW) == 0.7


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
