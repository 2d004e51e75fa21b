"""A `cooee` command on a disk with little room left."""

import subprocess
import sys

PROGRAM = """
import resource, signal, sys, cooee
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
cooee.main(sys.argv[2:])
"""


def run_with_room(size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs it where no file may grow beyond `size` bytes."""
    command = [sys.executable, "-c", PROGRAM, str(size), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
