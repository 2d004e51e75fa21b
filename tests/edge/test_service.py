"""The units that `cooee service install` writes, as systemd itself reads them."""

import getpass
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cooee
from edge.broker.access import farm_users
from edge.broker.folder import make_folder
from edge.contract.errors import CooeeError
from edge.farm import sample_farm_text
from edge.service_cli import SYSTEM_HARDENING, services, unit_text
from tests.parts import fail_or_skip

NAMES = ("broker", "gateway", "ingest", "notify", "dashboard")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a broker, under a name that systemd must not take apart."""
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    data = tmp_path / "data of 100% $HOME"
    data.mkdir(0o700)
    make_folder(data / "broker", "whately", farm_users("gateway"), hosts=[], port=8883)
    return data


def _install(data: Path, *options: str) -> Result:
    farm = ["--farm", str(data.parent / "farm.yaml"), "--data", str(data)]
    return CliRunner().invoke(cooee.build_app("service"), ["service", "install", *farm, *options])


def _verify(units: list[Path], *options: str) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        fail_or_skip("no systemd-analyze: apt-get install systemd")
    done = subprocess.run([program, "verify", *options, *units], capture_output=True, text=True, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "cooee-" in line]
    assert ours == []


def test_a_users_own_systemd_takes_what_is_installed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    done = _install(data, "--user", "--store", "influx=http://127.0.0.1:8086/org/farm")
    assert done.exit_code == 0, done.output
    units = sorted((tmp_path / "config/systemd/user").iterdir())
    assert {unit.name for unit in units} == {f"cooee-{name}.service" for name in NAMES}
    assert "systemctl --user enable --now cooee-broker.service cooee-gateway.service" in done.output
    texts = {unit.name: unit.read_text() for unit in units}
    assert all("\nRestart=always\n" in text for text in texts.values())
    token = str(data / "influx-ingest.token").replace("%", "%%").replace("$", "$$")
    assert f'Environment="COOEE_INFLUX_TOKEN_FILE={token}"' in texts["cooee-ingest.service"]
    _verify(units, "--user")


def test_the_systems_systemd_takes_what_a_dry_run_shows(data: Path, tmp_path: Path) -> None:
    done = _install(data, "--dry-run")
    assert done.exit_code == 0, done.output
    parts = re.split(r"^# (cooee-\w+\.service)\n", done.stdout, flags=re.M)[1:]
    folder = tmp_path / "units"
    folder.mkdir()
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        (folder / name).write_text(text)
        assert f"User={getpass.getuser()}" in text
        assert [line for line in SYSTEM_HARDENING.splitlines() if line.split("{")[0] not in text] == []
    units = sorted(folder.iterdir())
    assert len(units) == len(NAMES)
    _verify(units)
    assert not list(Path("/etc/systemd/system").glob("cooee-*"))


def test_a_mistake_in_a_unit_is_found(data: Path, tmp_path: Path) -> None:
    (tmp_path / "cooee-bad.service").write_text("[Service]\nExecStart=/no/such/program\n")
    with pytest.raises(AssertionError):
        _verify([tmp_path / "cooee-bad.service"])


def test_each_command_is_one_that_we_have(data: Path) -> None:
    from edge.broker.folder import open_folder

    farm = data.parent / "farm.yaml"
    found = services(farm, data, open_folder(data / "broker"), None)
    for service in found[1:]:
        assert service.command[1:4] == ["-P", "-m", "cooee"]
        done = subprocess.run([*service.command, "--help"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        line = next(line for line in unit_text(service, "F", data, user=None).splitlines() if "ExecStart" in line)
        plain = line.removeprefix("ExecStart=").replace("%%", "%").replace("$$", "$")
        assert shlex.split(plain) == list(service.command)


def test_no_broker_and_no_root_are_said(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    done = _install(tmp_path / "data", "--dry-run")
    assert isinstance(done.exception, CooeeError)
    assert "cooee broker init" in str(done.exception)
