"""Settings that a node gave up in an outage were never sent again, and a change of farm.yaml that was made while no
gateway ran never went out."""

from contextlib import closing
from pathlib import Path

from edge.core import PIECE_MAX
from tests.edge.one_node import Field, farm_of


def test_what_an_outage_has_undone_is_confirmed_in_the_end(tmp_path: Path) -> None:
    with closing(Field(tmp_path)) as field:
        field.command(7)
        field.wake()
        field.there = False
        for _ in range(5):
            field.wake()
        assert field.used[0] == 0
        field.there = True
        for _ in range(8):
            field.wake()
        assert field.used == (8, 1200, 0)
        assert (field.known.version, field.known.state) == (8, "confirmed")


def test_the_farm_that_changed_while_no_gateway_ran_reaches_the_node(tmp_path: Path) -> None:
    with closing(Field(tmp_path)) as field:
        field.intake.follow(farm_of())
        field.wake()
        for wake, used_s in (("20 min", 1200), ("20 min", 1200), ("10 min", 600)):
            field.start_anew(farm_of(wake))
            field.wake()
            assert (field.used[:2], field.known.state) == ((field.known.version, used_s), "confirmed")
            field.now_s += 1  # a version is a second, as new_version has it
        assert field.pieces() == 2 * -(-len(field.known.data) // PIECE_MAX), "what has not changed is not sent again"
