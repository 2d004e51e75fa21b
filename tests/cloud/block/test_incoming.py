"""Water that was given or has rained since is taken off once, whoever measured it and whether or not the probes have
felt it; of drip irrigation nine tenths reach the roots."""

from dataclasses import replace

import pytest

from cloud.block.incoming import incoming
from cloud.block.water import soil_water
from cloud.clock import HOUR_MS
from cloud.farm_view import keep_record
from cloud.store import Store, Stored
from edge.contract.messages import Reading, Record, RecordKind
from edge.farm import Farm

NOW = 1_433_355_600_000
WAKE_MS = 600_000
DRY, WET = 0.14, 0.18
PROBES = ["tomato-1", "tomato-2"]


def measured(store: Store, farm: Farm, *, wet_since: float | None = None, rain: dict[int, float] | None = None) -> None:
    """Two days of two probes, dry until so many hours ago, and of a gauge: hours ago -> mm of that hour."""
    rows = []
    for back in range(48 * 6):
        t, ago_h = NOW - back * WAKE_MS, back / 6
        moisture = WET if wet_since is not None and ago_h <= wet_since else DRY
        soil = {"soil_moisture_10cm": moisture, "soil_moisture_30cm": moisture}
        fell = (rain or {}).get(int(ago_h), 0.0) / 6
        values = {**dict.fromkeys(PROBES, soil), "tomato-weather": {"rain": fell}}
        rows += [
            Reading(farm=farm.id, node=node, boot=1, seq=t // WAKE_MS % 2**32, t=t, values=of)
            for node, of in values.items()
        ]
    store.append([Stored(zone="tomatoes", message=row) for row in rows])


def wrote(store: Store, farm: Farm, kind: RecordKind, mm: float, hours_ago: float, zone: str = "tomatoes") -> Record:
    t = NOW - round(hours_ago * HOUR_MS)
    record = Record(farm=farm.id, zone=zone, id=f"{kind}-{hours_ago}-{zone}", kind=kind, t=NOW, happened_t=t, amount=mm)
    keep_record(store, record)
    return record


def on_its_way(store: Store, farm: Farm) -> float:
    return incoming(store, farm, farm.zone_by_id["tomatoes"], PROBES, NOW).on_its_way_mm


def risen_mm(farm: Farm) -> float:
    """What the probes rose by, on the roots' scale."""
    dry, wet = (
        soil_water(farm.zone_by_id["tomatoes"], {"soil_moisture_10cm": value, "soil_moisture_30cm": value}, NOW)
        for value in (DRY, WET)
    )
    assert dry is not None
    assert wet is not None
    return dry.used_mm - wet.used_mm


def test_nothing_came(store: Store, farm: Farm) -> None:
    measured(store, farm)
    wrote(store, farm, "irrigation", 20, 2, zone="apples")
    wrote(store, farm, "harvest", 300, 1)
    assert on_its_way(store, farm) == 0


def test_what_was_given_is_on_its_way_until_the_probes_should_have_felt_it(store: Store, farm: Farm) -> None:
    measured(store, farm)
    wrote(store, farm, "irrigation", 20, 1)
    came = incoming(store, farm, farm.zone_by_id["tomatoes"], PROBES, NOW)
    assert came.on_its_way_mm == pytest.approx(18.0)
    assert (came.given, came.last_hour_mm) == (True, 0)
    later = incoming(store, farm, farm.zone_by_id["tomatoes"], PROBES, NOW + 6 * HOUR_MS)
    assert later.on_its_way_mm == 0, "the pump did not run, or a valve is shut"


@pytest.mark.parametrize(("written_h", "wet_since_h"), [(2, 1), (1, 4)])
def test_what_the_probes_have_felt_is_not_taken_off_again(
    store: Store, farm: Farm, written_h: float, wet_since_h: float
) -> None:
    """Whether it was written down when the pump started or when it stopped."""
    measured(store, farm, wet_since=wet_since_h)
    wrote(store, farm, "irrigation", 40, written_h)
    assert on_its_way(store, farm) == pytest.approx(36 - risen_mm(farm))


def test_a_correction_and_what_was_taken_back_count_as_they_stand_now(store: Store, farm: Farm) -> None:
    measured(store, farm)
    first = wrote(store, farm, "irrigation", 200, 1)
    keep_record(store, replace(first, amount=10.0))
    assert on_its_way(store, farm) == pytest.approx(9.0)
    keep_record(store, replace(first, amount=10.0, withdrawn=True))
    assert on_its_way(store, farm) == 0


def test_a_rain_that_gauge_and_person_measured_is_one(store: Store, farm: Farm) -> None:
    measured(store, farm, rain={2: 6.0, 3: 4.0})
    assert on_its_way(store, farm) == pytest.approx(10.0)
    wrote(store, farm, "rain", 12, 1)
    assert on_its_way(store, farm) == pytest.approx(12.0)
    wrote(store, farm, "irrigation", 10, 1)
    assert on_its_way(store, farm) == pytest.approx(21.0)


def test_a_gauge_read_in_the_morning_tells_of_rain_that_the_probes_felt_at_night(store: Store, farm: Farm) -> None:
    measured(store, farm, wet_since=14)
    wrote(store, farm, "rain", 5, 0.5)
    assert on_its_way(store, farm) == 0


def test_an_earlier_watering_does_not_hide_the_one_of_today(store: Store, farm: Farm) -> None:
    measured(store, farm, wet_since=8)
    wrote(store, farm, "irrigation", 20, 9)
    wrote(store, farm, "irrigation", 10, 1)
    assert on_its_way(store, farm) == pytest.approx(9.0)
