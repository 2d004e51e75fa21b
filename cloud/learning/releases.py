"""Sentinels that a farm has learnt: one that waits for its release, those that were released, and when."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.board.build import RELEASED, sentinels_folder
from edge.contract.errors import CooeeError
from edge.core import AlarmPolicy

from ..images.pack import pack_sentinel
from ..images.read import verdict_tree
from ..images.trained import TrainedSentinel, read_trained, tree_lines
from ..porting import Ported
from ..training.firmware import write_described
from .record import RELEASES, Release, releases
from .sentinel import Deciding

WAITING = "learnt"
"""Folder in the data folder with a new sentinel that is not released."""
SHADOWED = "shadow.json"


def version_of(trained: TrainedSentinel) -> str:
    """As its calls say it, eight hexadecimal digits."""
    return trained.hash[:4].hex()


def deciding(trained: TrainedSentinel) -> Deciding:
    """A sentinel of such a folder, to be run."""
    return Deciding(
        version=version_of(trained),
        classes=trained.classes,
        features=trained.features,
        policies=trained.policies,
        verdicts=trained.verdicts,
    )


def running(name: str, data: Path) -> TrainedSentinel:
    """The sentinel that the farm's nodes are built with: the newest released one, else the built-in one."""
    return read_trained(name, sentinels_folder(data))


def keep_waiting(
    ported: Ported,
    old: TrainedSentinel,
    policies: tuple[AlarmPolicy, ...],
    normals: tuple[int, ...],
    rows: dict[str, int],
    shadowed: dict[str, Any],
    data: Path,
) -> None:
    """Writes a new sentinel beside all others of the farm, as `cooee train` writes them, and how it did."""
    folder, before = data / WAITING, sentinels_folder(data)
    described = json.loads((before / "sentinels.json").read_text(encoding="utf-8"))
    (mine,) = (each for each in described["sentinels"] if each["name"] == old.name)
    mine |= {
        "model": ported.model_hash,
        "candidate": "learnt from judgements",
        "normals": list(normals),
        "policies": [asdict(policy) for policy in policies],
        "training_rows": rows,
        "tree": tree_lines(verdict_tree(ported), old.features, old.classes),
        "learnt_from": {key: shadowed[key] for key in ("replaces", "judged", "weight", "seasons")},
    }
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    for each in described["sentinels"]:
        for end in (".h", ".c", "_golden.h"):
            shutil.copy(before / f"{each['name']}{end}", folder)
    ported.write(folder)
    write_described(described, folder)
    (folder / SHADOWED).write_text(json.dumps(shadowed, indent=2) + "\n", encoding="utf-8")


def release(name: str, data: Path, now: int) -> Release:
    """Makes the sentinel that waits the farm's own: its C for `cooee build`, its image, and a line in the record.

    Raises:
        CooeeError: none waits, it was not better, or it was compared with another than runs now.
    """
    folder = data / WAITING
    try:
        shadowed = json.loads((folder / SHADOWED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        shadowed = {}
    if shadowed.get("sentinel") != name:
        raise CooeeError(f"no new {name} sentinel waits in {folder}: run cooee learn --sentinel {name}")
    if shadowed["why_not"]:
        raise CooeeError(f"the new {name} sentinel is not released: {shadowed['why_not']}")
    replaced = version_of(running(name, data))
    if shadowed["replaces"] != replaced:
        raise CooeeError(
            f"the new {name} sentinel was compared with {shadowed['replaces']}, and {replaced} runs now: run cooee "
            f"learn --sentinel {name} again"
        )
    fresh = read_trained(name, folder)
    made = Release(
        sentinel=name,
        version=version_of(fresh),
        replaced=replaced,
        released_t=now,
        shadow={part: shadowed[part] for part in ("old", "new")},
    )
    (folder / f"{name}.image").write_bytes(pack_sentinel(fresh).image.data)
    record = [asdict(each) for each in (*releases(data), made)]
    (folder / RELEASES).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    for image in (data / RELEASED).glob("*.image"):
        if image.stem != name:
            shutil.copy(image, folder)
    shutil.rmtree(data / RELEASED, ignore_errors=True)
    folder.rename(data / RELEASED)
    return made
