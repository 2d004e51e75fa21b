"""people.toml and keys.toml that others could read were refused with "chmod 600"; after that they were never read
again, for nothing but their mode had changed. And a key that was deleted from keys.toml was good until the gateway's
next start."""

from pathlib import Path

from bench.transport import farm_text
from cloud.notify.people import FILE, PeopleFile
from edge.farm import parse_farm
from edge.node.keys import KEYS_FILE, Keys, enrol, read_keys, write_keys

PEOPLE = '[[people]]\nname = "{name}"\nurls = ["file:///dev/null"]\n'


def test_people_are_read_again_once_the_mode_is_mended(tmp_path: Path) -> None:
    farm = parse_farm(farm_text(1), source="farm.yaml")
    path = tmp_path / FILE
    path.touch(0o600)
    path.write_text(PEOPLE.format(name="Anna"))
    file = PeopleFile(path, farm)
    path.write_text(PEOPLE.format(name="Bertram"))
    path.chmod(0o644)
    file.refresh(farm)
    assert "chmod 600" in (file.fault or "")
    path.chmod(0o600)
    file.refresh(farm)
    assert ([person.name for person in file.people], file.fault) == (["Bertram"], None)


def test_keys_are_read_again_once_the_mode_is_mended(tmp_path: Path) -> None:
    enrol(tmp_path, ["n1"])
    keys, path = Keys(tmp_path), tmp_path / KEYS_FILE
    (new,) = enrol(tmp_path, ["n2"])
    path.chmod(0o644)
    assert keys.key("n2", new.incarnation) is None
    path.chmod(0o600)
    assert keys.key("n2", new.incarnation) == new.key


def test_a_key_that_is_deleted_opens_nothing_more(tmp_path: Path) -> None:
    leaked, new = (*enrol(tmp_path, ["n1"]), *enrol(tmp_path, ["n1"]))
    keys = Keys(tmp_path)
    assert keys.key("n1", leaked.incarnation) == leaked.key
    write_keys(tmp_path / KEYS_FILE, [each for each in read_keys(tmp_path / KEYS_FILE) if each != leaked])
    assert keys.key("n1", leaked.incarnation) is None
    assert keys.key("n1", new.incarnation) == new.key
