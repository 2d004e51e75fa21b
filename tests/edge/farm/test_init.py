"""`cooee init` writes a farm.yaml that is whole, or none."""

from pathlib import Path

from edge.farm import load_farm, sample_farm_text
from tests.called import cooee
from tests.full_disk import run_with_room


def test_a_disk_without_room_leaves_no_file_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    done = run_with_room(len(sample_farm_text()) // 2, "init", str(path))
    assert done.returncode == 2
    assert done.stderr.startswith(f"cooee: {path}: cannot be written (")
    assert not path.exists()
    assert cooee("init", path).returncode == 0
    assert load_farm(path).nodes
    assert cooee("init", path).stderr == f"cooee: {path} is there already; name another file, or move it away\n"
