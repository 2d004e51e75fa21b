"""Large work in pieces that need nothing of each other: one after the other, in processes, or on a Dask cluster. Where
one is done changes no byte of what comes of it."""

import os
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol, TypeVar

from .contract.errors import CooeeError
from .contract.version import VERSION

Piece = TypeVar("Piece")
Result = TypeVar("Result")
LOCAL = "local"
PATIENCE_S = 10
TRIES = 3
"""How often a piece is handed to a cluster that gives it up. Dask itself gives one up that was on four workers when
they died."""
ALIKE = ("numpy", "scikit-learn", "pyarrow")
"""Packages on which bytes depend."""


class Engine(Protocol):
    """Does pieces of work."""

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What came of each piece, in their order. `work` can be pickled; a piece is asked for when it is its turn."""

    def write(self, work: Callable[[Path, Piece], Result], pieces: Iterable[Piece], folder: Path) -> Iterator[Result]:
        """The same for work that writes files beneath the folder that it is given."""


class InTurn:
    """One piece after the other, here; what is done need not be picklable."""

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """See Engine."""
        return map(work, pieces)

    def write(self, work: Callable[[Path, Piece], Result], pieces: Iterable[Piece], folder: Path) -> Iterator[Result]:
        """See Engine."""
        return self.map(partial(work, folder), pieces)


class Pool(InTurn):
    """Several at once, in processes or threads of this computer."""

    def __init__(self, executor: ProcessPoolExecutor | ThreadPoolExecutor) -> None:
        self._executor = executor

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """See Engine; the pieces are all asked for at once."""
        pieces = list(pieces)
        return InTurn.map(self, work, pieces) if len(pieces) == 1 else self._executor.map(work, pieces)


class Cluster:
    """Several at once on the workers of a Dask cluster, which share no disk with us."""

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """See Engine. Pieces whose worker is gone are done by another.

        Raises:
            CooeeError: the scheduler is gone, a worker has other versions, or a piece kills every worker that takes it.
        """
        begun: deque[tuple[Piece, Any]] = deque()
        try:
            for piece in pieces:
                begun.append((piece, self._begin(work, piece)))
                if len(begun) >= 2 * self._threads():
                    yield self._end(work, *begun.popleft())
            while begun:
                yield self._end(work, *begun.popleft())
        except (OSError, CancelledError):
            if self._client.status == "running":
                raise
            raise CooeeError(f"the cluster at {self._address} is gone; start it and run this again") from None
        finally:
            for _, future in begun:
                future.cancel()

    def write(self, work: Callable[[Path, Piece], Result], pieces: Iterable[Piece], folder: Path) -> Iterator[Result]:
        """See Engine. The files come back with the result."""
        for result, files in self.map(partial(_with_files, work), pieces):
            for name, content in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
            yield result

    def _threads(self) -> int:
        threads: int = sum(self._client.nthreads().values())
        return max(1, threads)

    def _begin(self, work: Callable[[Piece], Result], piece: Piece) -> Any:
        with warnings.catch_warnings():
            # Each piece goes with all that it needs: what pieces shared would die with the worker that held it.
            warnings.filterwarnings("ignore", message="Sending large graph")
            return self._client.submit(_alike, _versions(), work, piece, pure=False)

    def _end(self, work: Callable[[Piece], Result], piece: Piece, future: Any) -> Result:
        from distributed import KilledWorker

        tries = 1
        while True:
            try:
                result: Result = future.result()
                return result
            except KilledWorker:
                if tries == TRIES:
                    raise CooeeError(
                        "every worker that took a certain piece died: give the cluster's workers more memory"
                    ) from None
            except CancelledError:  # its result was lost with its worker
                if self._client.status != "running":
                    raise
            tries += 1
            future = self._begin(work, piece)


IN_TURN = InTurn()


@contextmanager
def processes(count: int) -> Iterator[Engine]:
    """An engine of so many processes of this computer, at most one a processor."""
    count = min(count, os.cpu_count() or 1)
    if count == 1:
        yield IN_TURN
        return
    with ProcessPoolExecutor(count) as executor:
        yield Pool(executor)


@contextmanager
def threads(count: int) -> Iterator[Engine]:
    """An engine of so many threads of this process, for work that is mostly outside Python."""
    with ThreadPoolExecutor(count) as executor:
        yield Pool(executor)


@contextmanager
def cluster(address: str) -> Iterator[Engine]:
    """The Dask cluster whose scheduler is at an address, or one of this computer's processors (`local`), which ends
    with the context and which other users of this computer cannot reach.

    Raises:
        CooeeError: Dask is not installed; nothing answers there.
    """
    try:
        from distributed import Client, LocalCluster, Security
    except ImportError:
        raise CooeeError("--cluster needs Dask: pip install 'cooee[cluster]'") from None
    if address == LOCAL:
        with (
            LocalCluster(
                threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", security=Security.temporary()
            ) as local,
            Client(local) as client,
        ):
            yield Cluster(client, "this computer")
        return
    try:
        client = Client(address, timeout=PATIENCE_S)
    except (OSError, ValueError) as error:
        raise CooeeError(f"no Dask scheduler at {address}: {str(error).splitlines()[0]}") from None
    with client:
        yield Cluster(client, address)


def _versions() -> dict[str, str]:
    return {"cooee": VERSION, **{name: _version(name) for name in ALIKE}}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _alike(versions: dict[str, str], work: Callable[[Piece], Result], piece: Piece) -> Result:
    """Does a piece on a worker that has what the asking computer has."""
    for name, here in _versions().items():
        if here != versions[name]:
            raise CooeeError(f"a worker of the cluster has {name} {here}, not {versions[name]}: results would differ")
    return work(piece)


def _with_files(work: Callable[[Path, Piece], Result], piece: Piece) -> tuple[Result, dict[Path, bytes]]:
    with tempfile.TemporaryDirectory(prefix="cooee-piece-") as name:
        folder = Path(name)
        result = work(folder, piece)
        files = {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    return result, files
