"""`cooee demo` in a folder that holds one named cooee: its services took that one for our code, and ended at once."""

from pathlib import Path

import pytest

from edge.service.processes import Child


@pytest.mark.parametrize("theirs", ["cooee/notes.txt", "edge.py", "random.py"])
def test_a_service_is_ours_whatever_lies_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    (tmp_path / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / theirs).write_text("raise SystemExit('a stranger ran')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    child = Child.cooee("init", "--help", log=tmp_path / "init.log")
    assert child.process.wait(120) == 0, child.output()
    assert "farm.yaml" in child.output()
