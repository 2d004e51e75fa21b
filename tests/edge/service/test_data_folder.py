"""One service of a kind in a data folder, also after a kill."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge.contract.errors import CooeeError
from edge.service.data_folder import claim


def test_a_second_service_of_a_kind_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    first = claim(folder, "ingest")
    with pytest.raises(CooeeError, match=r"another ingest works in .*; stop it or choose another folder with --data"):
        claim(folder, "ingest")
    claim(folder, "gateway").close()
    first.close()
    claim(folder, "ingest").close()


def test_a_killed_service_leaves_no_claim(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib, time; from edge.service.data_folder import claim; "
            "held = claim(pathlib.Path(sys.argv[1]), 'ingest'); print('held', flush=True); time.sleep(60)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(CooeeError, match="another ingest"):
        claim(tmp_path, "ingest")
    holder.kill()
    holder.communicate()
    claim(tmp_path, "ingest").close()
