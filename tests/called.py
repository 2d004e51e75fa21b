"""The command line, called in this process: another takes a second or two of processor time to import its libraries."""

import subprocess
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from cooee import main


def cooee(*words: object) -> subprocess.CompletedProcess[str]:
    """What a command said, and its exit code."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return subprocess.CompletedProcess(
        [str(word) for word in words], int(ended.value.code or 0), out.getvalue(), err.getvalue()
    )
