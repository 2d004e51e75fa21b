"""One batch of messages at a time on its way into the store, in a thread of its own: meanwhile the next ones come."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from edge.contract.errors import StoreError, StoreUnavailable

from ..store import Store, Stored
from .arrivals import Judged

USED_TWICE = "the store has something else under this node, incarnation, boot and sequence"


class StoreWriter:
    """`batch` is what is on its way; whoever takes something out of it forgets it, though it may be stored."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1)
        self._written: Future[list[Judged]] | None = None
        self.batch: list[Judged] = []

    @property
    def busy(self) -> bool:
        """Whether a batch was begun and not ended."""
        return self._written is not None

    @property
    def done(self) -> bool:
        """Whether `end` would return at once, with a batch."""
        return self._written is not None and self._written.done()

    def begin(self, batch: list[Judged]) -> None:
        """Sends a batch into the store, when none is on its way."""
        self.batch = batch
        good = [each for each in batch if isinstance(each.outcome, Stored)]
        self._written = self._thread.submit(self._append, good)

    def end(self) -> list[Judged]:
        """Waits for the batch that was begun: each with what became of it, stored durably or refused. StoreUnavailable:
        `batch` is perhaps not stored."""
        assert self._written, "a batch was begun"
        written, self._written = self._written, None
        bad = {id(each.arrived): each for each in written.result()}
        batch, self.batch = self.batch, []
        return [bad.get(id(each.arrived), each) for each in batch]

    def close(self) -> None:
        """Returns when nothing is on its way any more."""
        self._thread.shutdown()

    def _append(self, judged: Sequence[Judged]) -> list[Judged]:
        """Stores rows; where the store refuses, halves them until the bad ones stand alone: those, with its reason."""
        rows = [each.outcome for each in judged if isinstance(each.outcome, Stored)]
        if not rows:
            return []
        try:
            other = {id(row) for row in self._store.append(rows)}
        except StoreUnavailable:
            raise
        except StoreError as error:
            if len(rows) == 1:
                (one,) = judged
                return [Judged(one.arrived, one.arrived.refused("refused by the store", str(error)), one.identity)]
            half = len(rows) // 2
            return self._append(judged[:half]) + self._append(judged[half:])
        return [
            Judged(each.arrived, each.arrived.refused("identity used twice", USED_TWICE), each.identity)
            for each in judged
            if id(each.outcome) in other
        ]
