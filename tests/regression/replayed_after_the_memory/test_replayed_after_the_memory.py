"""A frame replayed after 4,096 others was taken for new: stored a second time, it became the node's latest reading."""

from pathlib import Path

from bench.transport import START_MS, farm_text, frame, write_farm_keys
from edge.farm import parse_farm
from edge.gateway.intake import FORGET_EVERY, Intake
from edge.gateway.outbox import REMEMBERED, Outbox
from edge.links import Heard
from edge.links.radio import SimulatedRadio
from edge.node.keys import Keys
from edge.service.quarantine import Quarantine

MINUTE = 60_000


def test_a_replayed_frame_is_known_or_quarantined_however_old(tmp_path: Path) -> None:
    farm = parse_farm(farm_text(1), source="farm.yaml")
    write_farm_keys(tmp_path, 1)
    outbox, quarantine, radio = Outbox(tmp_path / "outbox.db"), Quarantine(tmp_path / "q.db"), SimulatedRadio()
    intake = Intake(farm, Keys(tmp_path), radio, outbox, quarantine)
    sent = [frame(1, 1, sequence, 0) for sequence in range(REMEMBERED + 2 * FORGET_EVERY)]
    for first in range(0, len(sent), 256):
        part = range(first, min(first + 256, len(sent)))
        intake.take([Heard(sent[sequence], START_MS + sequence * MINUTE, None) for sequence in part])
        with outbox.transaction():
            outbox.settle([message.identity for message in outbox.waiting(0, 1000)])
    end = START_MS + len(sent) * MINUTE
    intake.take([Heard(sent[sequence], end, None) for sequence in (0, 1, len(sent) - 3, len(sent) - 1)])
    assert outbox.waiting(0, 10) == []
    intake.write_refused()
    assert {tally.kind: tally.count for tally in quarantine.tallies()} == {"too old to tell": 2}
    intake.take([Heard(frame(1, 1, len(sent), 0), end, None)])
    assert [message.identity.seq for message in outbox.waiting(0, 10)] == [len(sent)]
    radio.close()
    outbox.close()
    quarantine.close()
