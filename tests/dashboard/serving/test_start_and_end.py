"""`cooee dashboard` says what a reader needs, nothing of Streamlit's insides, and ends with Ctrl-C as services do."""

import signal
from pathlib import Path

from ..page_server import served


def test_it_says_its_address_alone_and_ends_without_a_complaint(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        server.child.process.send_signal(signal.SIGINT)
        assert server.child.process.wait(20) == 0
        assert server.child.output().split() == f"The farm's page: {server.address} ready".split()
