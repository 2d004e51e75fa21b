"""Databases, logs, quarantine and the folders they are in could be read by everybody on the machine."""

from pathlib import Path

from tests.transport.rig import Rig


def test_what_services_write_is_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with Rig(tmp_path, gateway_data=folder, store=f"sqlite={tmp_path / 'store' / 'cooee.db'}") as rig:
        rig.send(2).join(120)
        rig.wait_stored()
        kept = {"farm.yaml"}
        modes = {
            path: path.stat().st_mode & 0o777
            for path in tmp_path.rglob("*")
            if path.is_file() and path.name not in kept
        }
        assert len(modes) >= 10
        assert {path.name: oct(mode) for path, mode in modes.items() if mode != 0o600} == {}
        for made in (folder, tmp_path / "store", tmp_path / "broker"):
            assert made.stat().st_mode & 0o777 == 0o700
