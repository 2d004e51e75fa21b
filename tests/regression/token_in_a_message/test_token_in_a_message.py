"""A typo in the store's kind printed the whole address, with the token in it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from bench.influxd.server import VERSIONS
from cloud.store import open_store
from edge.contract.errors import StoreError

TOKEN = "s3cret-t0ken"


@pytest.mark.parametrize(
    "address",
    [
        f"inflx=http://{TOKEN}@127.0.0.1:8086/org/bucket",
        f"http://{TOKEN}@127.0.0.1:8086/org/bucket",
        f"influx=htp://{TOKEN}@127.0.0.1:8086/org/bucket",
        f"influx=http://{TOKEN}@127.0.0.1:8086/org",
        f"influx=http://{TOKEN}@127.0.0.1:9/org/bucket",
        TOKEN,
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_its_token(address: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(address)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("in_file", [False, True])
def test_the_token_may_come_by_environment_or_file(
    influx: Callable[[str], str], version: str, in_file: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme, _, rest = influx(version).partition("://")
    quoted, _, address = rest.rpartition("@")
    token = unquote(quoted)
    if in_file:
        (tmp_path / "token").write_text(token + "\n")
        monkeypatch.setenv("COOEE_INFLUX_TOKEN_FILE", str(tmp_path / "token"))
    else:
        monkeypatch.setenv("COOEE_INFLUX_TOKEN", token)
    store = open_store(f"{scheme}://{address}")
    assert store.counts("nobody")["reading"] == 0
    store.close()
