"""While receivers took half a minute each, the service looked at no farm and counted as stopped."""

from contextlib import closing
from pathlib import Path

from cloud.notify.failures import failures
from tests.cloud.notify.rig import Sink, person, rig


def test_receivers_that_do_not_answer_keep_nobody_from_what_is_new(tmp_path: Path) -> None:
    """Each takes half a minute: the service looks at the farm, and says that it lives, between two."""
    with (
        closing(Sink()) as sink,
        rig(tmp_path, person("Anna", sink.url("anna")) + person("Ben", sink.url("ben"))) as farm,
    ):

        def slowly() -> None:
            farm.wall += 30_000

        sink.meanwhile = slowly
        farm.frost()
        farm.at(0)
        assert len(sink.got) == 1
        farm.notifier.step()
        assert len(sink.got) == 2
        assert failures(tmp_path, "UTC", farm.wall) == []
