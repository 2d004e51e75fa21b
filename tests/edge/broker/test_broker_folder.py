"""`cooee broker`: the files it makes, what it leaves alone, and one line for a folder that is broken."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cooee
from edge.broker.access import Role, User, farm_users
from edge.broker.folder import FILES, FOLDER, make_folder, open_folder
from edge.contract.errors import CooeeError
from edge.farm import sample_farm_text


@pytest.fixture
def farm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sample farm, which we are in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    return tmp_path


def broker(*arguments: str) -> str:
    done = CliRunner().invoke(cooee.build_app("broker"), ["broker", *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_only_the_owner_reads_anything_of_it(farm: Path) -> None:
    os.umask(0o022)
    broker("init")
    broker("add", "tomato-1", "--role", "node")
    paths = [farm / "data", *(farm / "data").rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_dir()} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_file()} == {"0o600"}
    assert {path.name for path in (farm / "data" / FOLDER).iterdir() if path.is_file()} >= set(FILES)


def test_running_it_again_changes_nothing_and_shows_the_commands_again(farm: Path) -> None:
    first = broker("init")
    before = contents(farm / "data")
    again = broker("init")
    assert contents(farm / "data") == before
    assert "nothing was changed" in again
    assert first.partition("\n\n")[2] == again.partition("\n\n")[2]
    passwords = {path.read_text() for path in (farm / "data" / FOLDER / "users").iterdir()}
    assert len(passwords) == 4
    assert all(len(password.strip()) == 32 and password.strip() not in first for password in passwords)


def test_the_certificate_names_hosts_and_this_machine_and_openssl_believes_it(farm: Path) -> None:
    broker("init", "--host", "farm.local", "--host", "192.168.1.5", "--host", "fd00::5")
    folder = farm / "data" / FOLDER

    def verifies(*options: str) -> bool:
        command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.crt", *options]
        return subprocess.run([*command, "broker.crt"], cwd=folder, capture_output=True, check=False).returncode == 0

    assert all(verifies("-verify_hostname", host) for host in ("farm.local", "localhost"))
    assert all(verifies("-verify_ip", address) for address in ("192.168.1.5", "127.0.0.1", "::1", "fd00::5"))
    assert not verifies("-verify_hostname", "evil.example")
    assert not verifies("-verify_ip", "192.168.1.6")
    four_years, six_years = ("-attime", f"{_in_years(4)}"), ("-attime", f"{_in_years(6)}")
    assert verifies(*four_years)
    assert not verifies(*six_years)
    (listener,) = [x for x in (folder / "mosquitto.conf").read_text().splitlines() if x.startswith("listener")]
    assert listener == "listener 8883"
    assert open_folder(folder).options("page")[:2] == ["--mqtt", "mqtts://page@farm.local:8883"]


def _in_years(years: int) -> int:
    now = subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True)
    return int(now.stdout) + years * 365 * 86_400


def test_without_hosts_it_listens_on_this_machine_alone_until_it_is_renewed_for_some(farm: Path) -> None:
    broker("init")
    config = farm / "data" / FOLDER / "mosquitto.conf"
    assert "listener 8883 127.0.0.1\n" in config.read_text()
    with pytest.raises(CooeeError, match=r"cooee broker renew --host farm\.local"):
        broker("init", "--host", "farm.local")
    before = contents(farm / "data")
    assert "Start the broker anew" in broker("renew", "--host", "farm.local")
    assert "listener 8883\n" in config.read_text()
    after = contents(farm / "data")
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {f"broker/{name}" for name in ("broker.crt", "broker.key", "broker.toml", "mosquitto.conf")}
    assert "mqtts://gateway@farm.local:8883" in broker("init", "--host", "farm.local")


def test_users_come_and_go(farm: Path) -> None:
    broker("init")
    said = broker("add", "tomato-1", "--role", "node")
    assert said.startswith("tomato-1, role node: --mqtt mqtts://tomato-1@127.0.0.1:8883 ")
    assert "No broker runs with this folder" in said
    assert [line.split() for line in broker("list").splitlines()[1:]] == [
        ["gateway", "gateway"],
        ["ingest", "ingest"],
        ["notify", "notify"],
        ["page", "page"],
        ["node", "tomato-1"],
    ]
    folder = farm / "data" / FOLDER
    assert "topic deny cooee/whately/tomato-1/#\n" in (folder / "access").read_text()
    broker("add", "zigbee", "--role", "source", "--topic", "zigbee2mqtt/#", "--topic", 'v3/"app"/+/up')
    assert open_folder(folder).users[-1].topics == ("zigbee2mqtt/#", 'v3/"app"/+/up')
    assert broker("list").splitlines()[-1] == 'source    zigbee zigbee2mqtt/# v3/"app"/+/up'
    broker("remove", "tomato-1")
    assert "tomato-1" not in "".join((folder / name).read_text() for name in ("access", "passwords", "broker.toml"))
    assert not (folder / "users" / "tomato-1").exists()


def test_what_cannot_be_done_is_one_line_and_changes_nothing(farm: Path) -> None:
    with pytest.raises(CooeeError, match="is not there: make it with cooee broker init"):
        broker("add", "tomato-1", "--role", "node")
    with pytest.raises(CooeeError, match="write a name or an address"):
        broker("init", "--host", "http://farm.local")
    assert not (farm / "data" / FOLDER).exists()
    broker("init")
    before = contents(farm / "data" / FOLDER)
    for arguments, words in (
        (("add", "Tomato 1", "--role", "node"), "cannot stand in a topic"),
        (("add", "ingest", "--role", "node"), "is a user already"),
        (("add", "zigbee", "--role", "source"), "--role source --topic"),
        (("add", "n", "--role", "node", "--topic", "zigbee2mqtt/#"), "--role source --topic"),
        *(
            (("add", "zigbee", "--role", "source", "--topic", topic), "write what another system publishes on")
            for topic in ("#", "+/x", "cooee/#", "cooee", "$SYS/#", "/x", "a/#/b", "a+/b", "a\nuser root", "a/b#")
        ),
        (("remove", "nobody"), "the broker knows no 'nobody': gateway, ingest, notify, page"),
        (("renew", "--host", "a b"), "write a name or an address"),
    ):
        with pytest.raises(CooeeError, match=words) as caught:
            broker(*arguments)
        assert "\n" not in str(caught.value)
        before |= {"change.lock": b""}
        assert contents(farm / "data" / FOLDER) == before
    (farm / "farm.yaml").write_text(sample_farm_text().replace("id: whately", "id: other", 1))
    with pytest.raises(CooeeError, match="is the broker of farm whately"):
        broker("init")


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_lacks_a_file_says_which(farm: Path, name: str) -> None:
    broker("init")
    (farm / "data" / FOLDER / name).unlink()
    before = contents(farm / "data")
    for arguments in (("init",), ("add", "tomato-1", "--role", "node"), ("list",)):
        with pytest.raises(CooeeError, match=f"lacks {name}: restore it from a backup"):
            broker(*arguments)
    assert contents(farm / "data") == before


def test_damaged_and_open_folders_and_other_things_are_said(farm: Path) -> None:
    broker("init")
    folder = farm / "data" / FOLDER
    record = (folder / "broker.toml").read_text()
    for damage in (record.replace("port = 8883", "port = x"), record.replace('"page"', '"king"'), "farm"):
        (folder / "broker.toml").write_text(damage)
        with pytest.raises(CooeeError, match=r"broker\.toml is damaged"):
            broker("list")
    (folder / "broker.toml").write_text(record)
    shutil.copy(folder / "broker.key", folder / "ca.key")
    with pytest.raises(CooeeError, match=r"ca\.key is not the key of ca\.crt"):
        broker("renew")
    (folder / "broker.crt").write_text("x")
    with pytest.raises(CooeeError, match=r"broker\.crt is damaged"):
        broker("list")
    folder.chmod(0o755)
    with pytest.raises(CooeeError, match="is open to others: chmod 700"):
        broker("list")
    shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    (folder / "holiday.jpg").touch()
    with pytest.raises(CooeeError, match=r"lacks broker\.toml"):
        broker("init")
    shutil.rmtree(folder)
    folder.write_text("")
    with pytest.raises(CooeeError, match="holds something else"):
        broker("init")


def test_a_folder_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    twice = [User(name="a", role=Role.NODE)] * 2
    with pytest.raises(CooeeError):
        make_folder(tmp_path / FOLDER, "whately", twice)
    assert list(tmp_path.iterdir()) == []


def test_a_gateway_is_not_called_as_a_service() -> None:
    with pytest.raises(CooeeError, match="a gateway cannot be called ingest"):
        farm_users("ingest")
