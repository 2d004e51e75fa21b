"""A full disk under the gateway: nothing is acknowledged, one clear line, and all arrives once there is space."""

import contextlib
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import fail_or_skip
from tests.transport.rig import Rig, wait_until

SIZE = 8 * 1024 * 1024
AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")


class SmallDisk:
    """A tmpfs of 8 MB; where mounting is not permitted, a limit on how large files of a process may grow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        mount = [*AS_ROOT, "mount", "-t", "tmpfs", "-o", f"size={SIZE},uid={os.geteuid()}", "none", str(folder)]
        try:
            self.mounted = subprocess.run(mount, capture_output=True).returncode == 0
        except FileNotFoundError:  # no sudo
            self.mounted = False

    def fill(self, pid: int) -> None:
        if not self.mounted:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
            return
        with (self.folder / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            for size in (65_536, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        filler.write(bytes(size))

    def free(self, pid: int) -> None:
        if self.mounted:
            (self.folder / "filler").unlink()
        else:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def close(self) -> None:
        if self.mounted:
            subprocess.run([*AS_ROOT, "umount", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk")
    yield disk
    disk.close()


def test_frames_are_not_acknowledged_on_a_full_disk_and_not_lost(tmp_path: Path, disk: SmallDisk) -> None:
    with Rig(tmp_path, gateway_data=disk.folder) as rig:
        pid = rig.children["gateway"].process.pid
        rig.send(20).join(120)
        rig.wait_stored()
        disk.fill(pid)
        sender = rig.send(300)
        wait_until(lambda: "cannot keep frames" in rig.log("gateway"), what="the disk is full")
        time.sleep(1.5)
        assert sender.is_alive()
        said = [line for line in rig.log("gateway").splitlines() if "cannot keep frames" in line]
        assert len(said) == 1
        assert "free space on the disk; the nodes keep theirs until then" in said[0]
        disk.free(pid)
        sender.join(120)
        rig.wait_stored()
        assert rig.stored() == rig.expected()
        wait_until(lambda: "frames can be kept again" in rig.log("gateway"), what="the gateway says so")


def test_no_reading_is_receipted_while_the_stores_disk_is_full(tmp_path: Path, disk: SmallDisk) -> None:
    with Rig(tmp_path, store=f"sqlite={disk.folder / 'cooee.db'}") as rig:
        pid = rig.children["ingest"].process.pid
        rig.send(20).join(120)
        rig.wait_stored()
        disk.fill(pid)
        rig.send(300).join(120)
        wait_until(lambda: "cannot store, keeping messages back" in rig.log("ingest"), what="the refusal")
        assert rig.count() < 300
        disk.free(pid)
        rig.wait_stored()
        assert rig.count() == len(rig.expected())
        wait_until(lambda: "the store is back" in rig.log("ingest"), what="ingest says so")


def test_a_gateway_that_cannot_even_start_says_so_in_one_line(tmp_path: Path, disk: SmallDisk) -> None:
    if not disk.mounted:
        fail_or_skip("mounting a tmpfs is not permitted here; the other test limits the file size instead")
    rig = Rig(tmp_path, gateway_data=disk.folder)
    disk.fill(0)
    rig.start("broker")
    try:
        with pytest.raises(Exception, match=r"ended with code 2: cooee: .*full"):
            rig.start("gateway")
    finally:
        rig.__exit__()
        disk.free(0)
