"""With a closed standard input, as cron and some supervisors leave it, a command that asks ended in a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from edge.farm import sample_farm_text


@pytest.mark.parametrize("command", ["calibrate tomato-1", "dashboard users add anna"])
@pytest.mark.parametrize("closed", ["<&-", "<&- >&-"])
def test_a_question_that_nobody_can_answer_ends_the_command(tmp_path: Path, command: str, closed: str) -> None:
    (tmp_path / "farm.yaml").write_text(sample_farm_text())
    line = f"{sys.executable} -P -m cooee {command} {closed}"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.rstrip().endswith("Aborted.")
