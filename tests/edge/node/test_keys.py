"""Enrolment: who a node is, its key, and who may read them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cooee
from bench.transport import enrolled, farm_text
from edge.contract.errors import CooeeError
from edge.node.keys import BOARDS, KEYS_FILE, Keys, enrol, newest, read_keys, write_keys


def run(folder: Path, *arguments: str) -> Result:
    (folder / "farm.yaml").write_text(farm_text(2))
    options = ["--farm", str(folder / "farm.yaml"), "--data", str(folder / "data")]
    return CliRunner().invoke(cooee.build_app("enrol"), ["enrol", *arguments, *options])


def refusal(result: Result) -> str:
    assert isinstance(result.exception, CooeeError)
    return str(result.exception)


def test_a_node_is_enrolled_once_and_anew_with_replace(tmp_path: Path) -> None:
    said = run(tmp_path, "n1")
    assert said.exit_code == 0, said.output
    assert run(tmp_path, "n2").exit_code == 0
    assert "--replace" in refusal(run(tmp_path, "n1"))
    assert run(tmp_path, "n1", "--replace").exit_code == 0
    first, second, again = read_keys(tmp_path / "data" / KEYS_FILE)
    assert [each.node for each in (first, second, again)] == ["n1", "n2", "n1"]
    assert len({each.incarnation for each in (first, second, again)}) == 3
    assert len({each.key for each in (first, second, again)}) == 3
    assert newest([first, second, again]) == {"n1": again, "n2": second}
    keys = Keys(tmp_path / "data")
    assert keys.key("n1", first.incarnation) == first.key, "what the old board still holds can be read"
    assert keys.key("n1", again.incarnation) == again.key
    assert keys.key("n2", again.incarnation) is None, "a key is of one node alone"
    assert first.key.hex() not in said.output


def test_files_and_folders_are_their_owners_alone(tmp_path: Path) -> None:
    run(tmp_path, "n1")
    data = tmp_path / "data"
    assert {path.stat().st_mode & 0o777 for path in (data, data / BOARDS)} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in (data / KEYS_FILE, data / BOARDS / "n1.h")} == {0o600}
    assert sorted(path.name for path in data.iterdir()) == [BOARDS, "enrol.lock", KEYS_FILE]
    (data / KEYS_FILE).chmod(0o640)
    with pytest.raises(CooeeError, match="can be read by others: chmod 600"):
        Keys(data)
    assert "chmod 600" in refusal(run(tmp_path, "n2"))
    (data / KEYS_FILE).chmod(0o600)
    data.chmod(0o755)
    assert "chmod 700" in refusal(run(tmp_path, "n2"))


def test_a_node_that_is_not_on_the_farm_is_refused(tmp_path: Path) -> None:
    assert "there is no node 'n9' in farm.yaml; there are n1, n2" in refusal(run(tmp_path, "n9"))


@pytest.mark.parametrize(
    "text",
    [
        "enrolled = 3",
        "[[enrolled]]\nnode = 'n1'",
        "[[enrolled]]\nnode = 'n1'\nincarnation = 'zz'\nkey = ''",
        "[[enrolled]]\nnode = 'n1'\nincarnation = '00000001'\nkey = 'abcd'",
        "not toml",
    ],
)
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, text: str) -> None:
    (tmp_path / KEYS_FILE).write_text(text)
    (tmp_path / KEYS_FILE).chmod(0o600)
    with pytest.raises(CooeeError, match=r"keys.toml: is damaged .*; restore it") as error:
        read_keys(tmp_path / KEYS_FILE)
    assert "\n" not in str(error.value)


def test_a_running_gateway_sees_who_is_enrolled_meanwhile(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    keys = Keys(tmp_path)
    assert keys.key("n1", 7) is None
    (first,) = enrol(tmp_path, ["n1"])
    assert keys.key("n1", first.incarnation) == first.key
    (tmp_path / KEYS_FILE).chmod(0o644)
    write_keys(tmp_path / KEYS_FILE, [first, enrolled(2)])
    (tmp_path / KEYS_FILE).chmod(0o644)
    assert keys.key("n2", enrolled(2).incarnation) is None
    assert keys.key("n1", first.incarnation) == first.key, "a file that others can read takes no key away"
