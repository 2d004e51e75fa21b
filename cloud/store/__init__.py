"""Where readings, calls, node status and human judgements are kept: one interface, two stores (docs/SPEC.md, "Store").

`open_store("sqlite=/data/cooee.db")` or `open_store("influx=http://127.0.0.1:8086/org/bucket")`.
"""

from pathlib import Path

from edge.contract.errors import StoreError

from .interface import History, Store, Stored

__all__ = ["History", "Store", "Stored", "open_store", "public_name"]


def public_name(url: str) -> str:
    """The address of a store by which it is told from others, without what is secret in it."""
    kind, _, rest = url.partition("=")
    return f"{kind}={Path(rest).absolute()}" if kind == "sqlite" else f"{kind}={rest.rpartition('@')[2]}"


def open_store(url: str, *, read_only: bool = False) -> Store:
    """Opens `sqlite=PATH` or `influx=http[s]://[TOKEN@]HOST:PORT/ORG/BUCKET`; StoreError says what is
    wrong with a URL or a server."""
    kind, _, rest = url.partition("=")
    if kind == "sqlite" and rest:
        from .sqlite import SqliteStore

        return SqliteStore(rest, read_only=read_only)
    if kind == "influx" and rest:
        from .influx import InfluxStore

        return InfluxStore(rest, read_only=read_only)
    # What was written may hold a token: it is not repeated.
    raise StoreError("store: write sqlite=PATH or influx=http://HOST:PORT/ORG/BUCKET, with the token in a file")
