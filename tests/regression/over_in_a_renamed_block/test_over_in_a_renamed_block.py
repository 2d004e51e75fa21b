"""Somebody was told that a frost was over when its block had only got another id in farm.yaml."""

from contextlib import closing
from pathlib import Path

from tests.cloud.notify.rig import Sink, person, rig


def test_nobody_is_told_that_it_is_over_in_a_block_that_is_renamed(tmp_path: Path) -> None:
    with closing(Sink()) as sink, rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        farm.frost()
        farm.at(0)
        assert len(sink.got) == 1
        path = tmp_path / "farm.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("apples", "hill"), encoding="utf-8")
        farm.at(1)
        farm.at(2)
        assert len(sink.got) == 2, "the frost, in the block of the new name"
        assert "is over" not in sink.got[-1]["message"]
