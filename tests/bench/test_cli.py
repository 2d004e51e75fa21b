"""`cooee bench` without its optional peers."""

import subprocess
import sys


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`cooee bench` on a machine without m2cgen, which only `cooee[bench]` installs."""
    code = f"import sys; sys.modules['m2cgen'] = None; import cooee; cooee.main(['bench', *{list(arguments)!r}])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_the_others_are_there_without_an_optional_peer() -> None:
    done = bench("node-core", "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_help_says_what_to_install_with_its_extra() -> None:
    assert "'cooee[bench]'" in bench("--help").stdout


def test_a_missing_peer_is_one_clear_line() -> None:
    done = bench("mcu", "--data", "wine")
    assert done.returncode == 2
    assert done.stderr == "cooee: m2cgen is not installed: run make bench, or pip install 'cooee[bench]'\n"
