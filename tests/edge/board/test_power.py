"""`cooee power`: days by hand, and what it says plainly."""

from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from edge.board.battery import Cell
from edge.board.power import command, power_of, table
from edge.contract.errors import CooeeError
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.farm.lora import time_on_air_s


def _farm(link: str, wake: str = "10 min", more: dict[str, object] | None = None) -> Farm:
    farm = yaml.safe_load(sample_farm_text())
    farm["nodes"][0] |= {"link": link, "wake_interval": wake} | (more or {})
    return parse_farm(yaml.safe_dump(farm), source="farm.yaml")


def test_a_soil_node_over_lora_by_hand() -> None:
    """144 wakes of 2.508 M cycles at 10.4 mA and 1.28 s idle at 2.4 mA; frames of four channels, 36 B or 48 letters and
    the modem's 8 bytes, at SF9."""
    farm = _farm("lora")
    found = power_of(farm, farm.nodes[0])
    awake = (10.4 * 2_508_000 / 16e6 + 2.4 * 1.28 + 2.4 * 1.15) / 3600
    on_air = time_on_air_s(48 + 8, 9, preamble=12)
    radio = ((110 + 2.4) * on_air + (17.5 + 2.4) * 0.5) / 3600
    by_hand = 24 * (0.0042 + 0.01) + 144 * (awake + radio)
    assert found.frame_bytes == 36
    assert found.mah_a_day == pytest.approx(by_hand)
    assert found.days(Cell()) == pytest.approx(2600 / (by_hand + 2600 * 0.02 / 30))
    assert found.days(Cell(), whole_board=True) == pytest.approx(2600 / (by_hand + 2600 * 0.02 / 30 + 24 * 29))


def test_what_costs_more_lasts_less() -> None:
    seldom, often = (power_of(farm, farm.nodes[0]) for farm in (_farm("lora", "1 h"), _farm("lora", "5 min")))
    assert seldom.days(Cell()) > 1.5 * often.days(Cell())
    wifi = _farm("mqtt", "5 min")
    assert power_of(wifi, wifi.nodes[0]).days(Cell()) < often.days(Cell())


def test_every_figure_has_its_source() -> None:
    parts = [table()["processor"], *table()["on_an_uno"], *table()["sensor"].values(), *table()["link"].values()]
    assert all(len(part["source"]) > 5 for part in parts)


def test_it_says_plainly_what_an_uno_is(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    path = tmp_path / "farm.yaml"
    path.write_text(sample_farm_text())
    done = CliRunner().invoke(app, ["tomato-1", "--farm", str(path)])
    assert done.exit_code == 0, done.exception
    assert "A bare Uno board is no battery node: its voltage regulator 6 mA, lights 3 mA, USB chip 20 mA" in done.output
    assert "A cell of 2600 mAh lasts 3.7 days." in done.output
    assert "An ATmega328P alone" in done.output
    done = CliRunner().invoke(app, ["nobody", "--farm", str(path)])
    assert isinstance(done.exception, CooeeError)


@pytest.mark.parametrize(
    ("link", "more", "message"),
    [
        ("direct", {}, "what its link direct costs is not known; serial, lora, lorawan, mqtt are"),
        ("lora", {"board": "host"}, "only board: uno has been measured, not host"),
        ("lora", {"zone": "store", "sensors": ["ethylene_metal_oxide"]}, "an Uno reads no ethylene_metal_oxide"),
    ],
)
def test_what_is_not_known_is_refused(link: str, more: dict[str, object], message: str) -> None:
    farm = _farm(link, more=more)
    with pytest.raises(CooeeError, match=message):
        power_of(farm, farm.nodes[0])
