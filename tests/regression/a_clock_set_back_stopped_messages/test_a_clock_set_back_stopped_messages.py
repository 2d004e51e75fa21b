"""After the machine's clock was set back by a day, nothing that had failed was tried again for a day, and the service
counted as stopped."""

from contextlib import closing
from pathlib import Path

from cloud.notify.failures import failures
from tests.cloud.notify.rig import Sink, person, rig


def test_a_clock_that_is_set_back_stops_neither_retries_nor_the_word_that_it_lives(tmp_path: Path) -> None:
    with closing(Sink()) as sink, rig(tmp_path, person("Anna", sink.url("anna"))) as farm:
        sink.refuses = {"anna"}
        farm.frost()
        farm.at(0)
        sink.refuses = set()
        farm.wall -= 86_400_000
        farm.notifier.step()
        assert len(sink.got) == 2
        assert failures(tmp_path, "UTC", farm.wall) == []
