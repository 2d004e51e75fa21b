"""Where readings, calls, node status and human judgements are kept: one interface, two stores (docs/SPEC.md, "Store").

`open_store("sqlite=/data/cooee.db")` or `open_store("influx=http://token@127.0.0.1:8086/org/bucket")`.
"""

from edge.contract.errors import StoreError

from .interface import History, Store, Stored

__all__ = ["History", "Store", "Stored", "open_store"]


def open_store(url: str, *, read_only: bool = False) -> Store:
    """Opens `sqlite=PATH` or `influx=http[s]://TOKEN@HOST:PORT/ORG/BUCKET`; StoreError says what is wrong with a URL or
    a server."""
    kind, _, rest = url.partition("=")
    if kind == "sqlite" and rest:
        from .sqlite import SqliteStore

        return SqliteStore(rest, read_only=read_only)
    if kind == "influx" and rest:
        from .influx import InfluxStore

        return InfluxStore(rest)
    raise StoreError(f"store {url!r}: write sqlite=PATH or influx=http://TOKEN@HOST:PORT/ORG/BUCKET")
