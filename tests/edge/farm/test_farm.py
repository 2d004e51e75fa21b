"""farm.yaml: the sample is valid; a broken file names line, field, what was found and what is allowed."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.errors import FarmError
from edge.farm import load_farm, parse_farm, sample_farm_text
from edge.farm.mapping import CARRY_S
from edge.farm.units import units_of
from edge.farm.yaml_text import plain_values


def _broken(old: str, new: str) -> str:
    text = sample_farm_text()
    assert old in text
    return text.replace(old, new, 1)


def _line_of(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if part in line)


def test_the_sample_farm_has_what_the_demo_needs() -> None:
    farm = parse_farm(sample_farm_text(), source="sample")
    assert len(farm.nodes) >= 12
    assert [z.id for z in farm.zones] == ["tomatoes", "apples", "store"]
    assert farm.zone_by_id["tomatoes"].irrigation == "drip"
    assert farm.zone_by_id["tomatoes"].soil == "sandy_loam"
    assert {s for n in farm.nodes for s in n.sentinels} == {"soil", "ethylene", "weather", "wind"}
    assert farm.node_by_address[23].channels == ("ethylene", "battery")
    assert farm.node_by_id["store-1"].sentinels == ("ethylene",), "a store has no weather to call about"


@pytest.mark.parametrize(
    ("old", "new", "part", "expected"),
    [
        ("crop: tomato ", "crop: tomatoe ", "crop: tomatoe", ["zones[0].crop", "'tomatoe'", "tomato"]),
        ("soil: sandy_loam", "soil: moon_dust", "moon_dust", ["zones[0].soil", "'moon_dust'", "sandy_loam"]),
        ("America/New_York", "Whately", "timezone: Whately", ["timezone", "'Whately'", "Europe/Berlin"]),
        ("language: en", "language: xx", "language: xx", ["language", "'xx'", "'hi' or 'sw'"]),
        ("units: metric", "units: imperial", "units: imperial", ["units", "'imperial'", "'metric' or 'us'"]),
        ("latitude: 42.448", "latitude: north", "latitude: north", ["latitude", "'north'", "number"]),
        ("latitude: 42.448", "latitude: 142.448", "latitude: 142", ["latitude", "142.448", "66"]),
        ("address: 2,", "address: 1,", "nodes:", ["nodes", "address 1 is used twice"]),
        ("id: tomato-2", "id: tomato-1", "nodes:", ["nodes", "'tomato-1' is used twice"]),
        ("id: tomato-1", "id: Tomato 1", "Tomato 1", ["nodes[0].id", "'Tomato 1'", "a-z"]),
        (
            "zone: store, position: [300",
            "zone: stor, position: [300",
            "nodes:",
            ["zone 'stor'", "tomatoes, apples, store"],
        ),
        ("sensors: [soil_probe]", "sensors: [soil_prob]", "soil_prob]", ["nodes[0].sensors", "soil_probe"]),
        (
            "sensors: [ethylene_cell, sht3x]",
            "sensors: [ethylene_cell, ethylene_metal_oxide]",
            "id: store-1,",
            ["nodes[9].sensors", "two sensors for the same channel"],
        ),
        (
            "sensors: [ethylene_cell, sht3x]",
            "sensors: [soil_probe]",
            "nodes:",
            ["nodes", "'store-1' has a soil_probe", "a store, which has no soil"],
        ),
        ("wake_interval: 10 min", "wake_interval: 10", "wake_interval: 10}", ["wake_interval", "10 min", "found 10"]),
        ("wake_interval: 10 min", "wake_interval: 5 s", "wake_interval: 5 s", ["wake_interval", "60"]),
        ("irrigation: drip", "irigation: drip", "irigation", ["zones[0].irigation", "no such field"]),
        ("wind_shelter: 0 ", "wind_shelter: 1 ", "wind_shelter: 1", ["zones[0].wind_shelter", "0.9", "found 1"]),
        (
            "cold_air_pooling_degc: 1.5",
            "cold_air_pooling_degc: -2",
            "degc: -2",
            ["zones[0].cold_air_pooling_degc", "must be at least 0"],
        ),
        (
            "    store: ",
            "    wind_shelter: 0.5\n    store: ",
            "id: store",
            ["zones[2]", "a store has no micro-climate"],
        ),
        (
            "    area_ha: 3.0",
            "    area_ha: 3.0\n    curve_number: 20",
            "curve_number",
            ["zones[1].curve_number", "usual, or a number from 30", "found 20"],
        ),
        (
            "irrigation_control: depletion",
            "irrigation_control: moon",
            "moon",
            ["zones[0].irrigation_control", "'depletion', 'schedule' or 'probe'"],
        ),
        (
            "    area_ha: 3.0",
            "    area_ha: 3.0\n    irrigation_control: probe",
            "id: apples",
            ["zones[1]", "write irrigation too"],
        ),
        ("board: uno, ", "board: mega, ", "board: mega", ["nodes[0].board", "'uno'", "'mega'"]),
        ("link: udp, ", "link: wifi, ", "link: wifi", ["nodes[0].link", "'udp', 'serial'", "'wifi'"]),
        ("    soil: loam\n", "", "id: apples", ["zones[1]", "either a soil"]),
        ("name: Hill Farm, Whately\n", "", "id: whately", ["name: is missing"]),
    ],
)
def test_a_fault_names_line_field_found_and_allowed(old: str, new: str, part: str, expected: list[str]) -> None:
    text = _broken(old, new)
    with pytest.raises(FarmError) as caught:
        parse_farm(text, source="farm.yaml")
    message = str(caught.value)
    for words in expected:
        assert words in message
    named = int(message.split("line ")[1].split(":")[0])
    assert abs(named - _line_of(text, part)) <= 1, message
    assert len(message.splitlines()) == 1


def test_every_fault_gets_a_line() -> None:
    text = _broken("latitude: 42.448", "latitude: 142").replace("soil: loam", "soil: cheese", 1)
    with pytest.raises(FarmError) as caught:
        parse_farm(text, source="farm.yaml")
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["farm.yaml"] * 2


@pytest.mark.parametrize("text", ["", "[]", "a: [", "farm", "{1: 2}", "\t", "a: &a [*a]", "? [x]\n: y"])
def test_what_is_no_farm_at_all_is_said_in_a_line(text: str) -> None:
    with pytest.raises(FarmError, match=r"farm\.yaml"):
        parse_farm(text, source="farm.yaml")


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="cooee init"):
        load_farm(tmp_path / "farm.yaml")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_mangled_farm_is_refused_or_read_but_never_crashes(data: st.DataObject) -> None:
    lines = sample_farm_text().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.one_of(st.text(max_size=30), st.just(lines[at][: len(lines[at]) // 2])))
    try:
        farm = parse_farm("\n".join(lines), source="farm.yaml")
    except FarmError as error:
        said = str(error)
    else:
        said = f"farm.yaml: {farm.id}"
    assert said.startswith("farm.yaml: ")


def test_single_soil_probes_give_their_own_channels_and_together_the_sentinel() -> None:
    text = sample_farm_text()
    two = text.replace("sensors: [soil_probe]", "sensors: [soil_probe_30cm, soil_probe_10cm]", 1)
    node = parse_farm(two, source="farm.yaml").nodes[0]
    assert set(node.channels) == {"soil_moisture_10cm", "soil_moisture_30cm", "battery"}
    assert node.sentinels == ("soil",)
    one = text.replace("sensors: [soil_probe]", "sensors: [soil_probe_10cm]", 1)
    assert parse_farm(one, source="farm.yaml").nodes[0].sentinels == ()
    with pytest.raises(FarmError, match="two sensors for the same channel"):
        parse_farm(text.replace("[soil_probe]", "[soil_probe, soil_probe_10cm]", 1), source="farm.yaml")


@pytest.mark.parametrize(
    ("sensors", "calibration", "fault"),
    [
        (
            "[soil_probe_10cm]",
            "{soil_moisture_30cm: [[1, 0.1], [2, 0.2]]}",
            "this node measures soil_moisture_10cm, not",
        ),
        (
            "[rain_gauge]",
            "{rain: [[1, 0.1], [2, 0.2]]}",
            "this node measures nothing that has a calibration, not 'rain'",
        ),
        ("[soil_probe]", "{soil_moisture_10cm: [[1310, 0.31]]}", "soil_moisture_10cm has 1 points; 2 to 5 are needed"),
        ("[soil_probe]", "{soil_moisture_10cm: [[1310, 31], [2480, 9]]}", "write a share, not a percentage"),
        (
            "[soil_probe]",
            "{soil_moisture_10cm: [[1, 0.1], [2, 0.3], [3, 0.2]]}",
            "the water must rise with every voltage",
        ),
        ("[soil_probe]", "{soil_moisture_10cm: [[1, 0.1], [2, 0.1]]}", "the water must rise with every voltage"),
        ("[soil_probe]", "{soil_moisture_10cm: [[1, 0.1], [1, 0.2]]}", "has two points at the same voltage"),
        (
            "[soil_probe]",
            "{soil_moisture_10cm: [[1, 0.1], [5001, 0.2]]}",
            "a voltage is 0 to 5000 mV; write [mV, value]",
        ),
        (
            "[pyranometer]",
            "{solar_radiation: [[0, 900], [2500, 0]]}",
            "the radiation must rise with every voltage, from 0 to 1800 W/m2; as in [[0, 0], [2500, 1250]] for",
        ),
        ("[pyranometer]", "{solar_radiation: [[0, 0], [2500, 1900]]}", "from 0 to 1800 W/m2"),
        ("[ethylene_cell]", "{ethylene: [[400, 1], [460, 5]]}", "ethylene has two points: [mV, 0] in clean air, and"),
        ("[ethylene_cell]", "{ethylene: [[400, 0], [460, 5], [470, 6]]}", "ethylene has two points"),
        ("[soil_probe]", "{soil_moisture_10cm: [[1.5, 0.1], [2, 0.2]]}", "a whole number is needed (found 1.5)"),
    ],
)
def test_a_calibration_that_cannot_be_is_said_in_a_line(sensors: str, calibration: str, fault: str) -> None:
    zone = (
        "crop: apple, area_ha: 1, store: {volume_m3: 1, load_kg: 1}"
        if "cell" in sensors
        else "crop: apple, soil: loam, area_ha: 1"
    )
    text = (
        f"id: f\nname: F\nlatitude: 50\nlongitude: 8\nelevation_m: 1\nzones: [{{id: a, name: A, {zone}}}]\nnodes:\n"
        f"  - {{id: n, address: 1, zone: a, position: [0, 0], sensors: {sensors}, wake_interval: 10 min, "
        f"calibration: {calibration}}}\n"
    )
    with pytest.raises(FarmError, match=re.escape(fault)) as error:
        parse_farm(text, source="farm.yaml")
    assert str(error.value).startswith("farm.yaml: line 8: nodes[0].calibration")


def test_words_of_earlier_versions_are_read_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    text = _broken("board: uno, ", "board: cortex-m3, ").replace("link: udp, ", "link: radio, ", 1)
    node = parse_farm(text, source="farm.yaml").nodes[0]
    assert (node.board, node.link) == ("other", "udp")
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "farm.yaml: node tomato-1: board: cortex-m3 is called other now",
        "farm.yaml: node tomato-1: link: radio is called udp now",
    ]


OWNED = """    board: gateway
    wake_interval: 10 min
    readings:
      - {channel: soil_moisture_10cm, topic: t, unit: "%"}
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("soil_moisture_10cm", "moisture", "readings[0].channel: must be one of soil_moisture_10cm"),
        (', unit: "%"', "", "readings[0].unit: is missing"),
        ('unit: "%"', "unit: mm", "unit of soil_moisture_10cm: must be one of m3/m3, %"),
        ("topic: t", "http: /x", "path says which one"),
        ("topic: t", "topic: t, http: /x, path: a", "not both"),
        ("topic: t", "topic: a/#/b", "at the end alone"),
        ("topic: t", "topic: t, path: a..b", "'a..b' is no path"),
        ("topic: t", "topic: t, counter: true", "counter is for rain"),
        ("topic: t", "topic: t, carry: 5 s", "readings[0].carry"),
        ("board: gateway", "board: uno", "readings are for board: gateway"),
        ("board: gateway", "board: gateway\n    link: udp", "neither sensors nor link"),
        ("board: gateway\n", "board: uno\n    sensors: []\n", "readings are for board: gateway"),
        (
            "    readings:\n",
            "    readings:\n      - {channel: soil_moisture_10cm, topic: u, unit: m3/m3}\n",
            "'soil_moisture_10cm' is used twice",
        ),
    ],
)
def test_a_wrong_reading_is_one_clear_line(old: str, new: str, words: str) -> None:
    assert old in OWNED
    head = sample_farm_text().partition("nodes:\n")[0] + "nodes:\n  - id: own\n    address: 1\n    zone: tomatoes\n"
    with pytest.raises(FarmError) as caught:
        parse_farm(head + "    position: [0, 0]\n" + OWNED.replace(old, new), source="farm.yaml")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_the_farm_of_docs_sensors_is_read() -> None:
    text = (Path(__file__).parents[3] / "docs/SENSORS.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    (node,) = parse_farm(sample_farm_text().partition("nodes:\n")[0] + text, source="farm.yaml").nodes
    assert node.channels == ("soil_moisture_10cm", "soil_moisture_30cm", "soil_temperature")
    assert node.sentinels == ("soil",)


def test_a_node_of_more_channels_than_a_frame_holds_is_refused() -> None:
    sensors = "soil_probe, sht3x, anemometer, rain_gauge, barometer, pyranometer, ethylene_cell"
    text = sample_farm_text().replace("sensors: [soil_probe]", f"sensors: [{sensors}]", 1)
    with pytest.raises(FarmError, match="measures 12 channels, and a frame holds 11: make two nodes of it"):
        parse_farm(text, source="farm.yaml")


def test_docs_sensors_has_every_unit_and_time() -> None:
    table = (Path(__file__).parents[3] / "docs/SENSORS.md").read_text().partition("| channel | units |")[2]
    rows = dict.fromkeys(CARRY_S, ("", 0))
    for line in table.partition("\n\n")[0].splitlines()[2:]:
        names, units, holds = (cell.strip() for cell in line.strip("|").split("|"))
        number, word = holds.split()
        seconds = int(number) * {"min": 60, "h": 3600, "days": 86_400}[word]
        rows |= dict.fromkeys(re.findall(r"`(\w+)`", names), (units, seconds))
    assert {name: seconds for name, (_, seconds) in rows.items()} == CARRY_S
    assert [n for n, (units, _) in rows.items() for unit in units_of(n) if f"`{unit}`" not in units] == []


def test_a_file_that_nests_too_deep_is_one_clear_line() -> None:
    with pytest.raises(FarmError, match="not YAML"):
        parse_farm("[" * 50_000, source="farm.yaml")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "id: x\nname: Ferme du Châtelet: vergers\n",
            "line 2: not YAML: .*: put a text that holds a colon and a space in",
        ),
        ("id: x\n\tname: y\n", "line 2: not YAML: .*: indent with spaces, not tabs"),
    ],
)
def test_what_is_often_mistyped_says_how_to_mend_it(text: str, hint: str) -> None:
    with pytest.raises(FarmError, match=hint):
        parse_farm(text, source="farm.yaml")


@pytest.mark.parametrize("text", [sample_farm_text(), OWNED, "a: &b {c: 1_000, d: 0o17}\n<<: *b\ne: 2015-06-03\n"])
def test_yaml_means_what_it_means_to_a_slow_reader(text: str) -> None:
    assert plain_values(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"id": 42}, "zones[0].id: a text is needed; put numbers in quotes (found 42)"),
        ({"area_ha": "much"}, "zones[0].area_ha: a number is needed (found 'much')"),
        ({"area_ha": -1}, "zones[0].area_ha: must be more than 0 (found -1)"),
        ({"area_ha": float("nan")}, "zones[0].area_ha: must be at most 100000 (found nan)"),
        ({"outline": 7}, "zones[0].outline: a list is needed, as in [a, b] (found 7)"),
        ({"outline": [[0, 0, 0], [1, 0], [1, 1]]}, "zones[0].outline[0]: 2 entries at most, not 3"),
        ({"irrigation_control": "x"}, "zones[0].irrigation_control: must be 'depletion', 'schedule' or 'probe'"),
        ({"store": 3}, "zones[0].store: fields are needed, as in name: value (found 3)"),
        ({1: 2}, "zones[0][1]: the name of a field is a text (found 1)"),
    ],
)
def test_a_fault_is_said_in_plain_words(value: dict[object, object], message: str) -> None:
    data = yaml.safe_load(sample_farm_text())
    data["zones"][0] |= value
    with pytest.raises(FarmError, match=re.escape(message)):
        parse_farm(yaml.safe_dump(data), source="farm.yaml")
