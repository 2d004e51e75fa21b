"""Sentinels that a farm has learnt: one that waits for its release, those that were released, and when."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.board.build import RELEASED, sentinels_folder
from edge.contract.errors import CooeeError
from edge.core import AlarmPolicy
from edge.written_files import write_file

from ..images.pack import pack_sentinel
from ..images.read import verdict_tree
from ..images.trained import TrainedSentinel, read_trained, tree_lines
from ..porting import Ported
from ..training.firmware import write_described
from .record import RELEASES, Release, releases
from .sentinel import Deciding

WAITING = "learnt"
"""Folder in the data folder with a folder for each new sentinel that is not released."""
SHADOWED, DESCRIBED = "shadow.json", "sentinels.json"


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
    folder = data / WAITING / old.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    ported.write(folder)
    _put_beside_others(
        {
            "name": old.name,
            "id": old.id,
            "model": ported.model_hash,
            "candidate": "learnt from judgements",
            "classes": list(old.classes),
            "features": list(old.features),
            "normals": list(normals),
            "policies": [asdict(policy) for policy in policies],
            "training_rows": rows,
            "tree": tree_lines(verdict_tree(ported), old.features, old.classes),
            "learnt_from": {key: shadowed[key] for key in ("replaces", "judged", "weight", "seasons")},
        },
        sentinels_folder(data),
        folder,
    )
    write_file(folder / SHADOWED, json.dumps(shadowed, indent=2) + "\n")


def _put_beside_others(mine: dict[str, Any], before: Path, folder: Path) -> None:
    """Completes the folder of a new sentinel, of which its C is there, with all others that run."""
    described = json.loads((before / DESCRIBED).read_text(encoding="utf-8"))
    others = [each["name"] for each in described["sentinels"] if each["name"] != mine["name"]]
    for name in others:
        for end in (".h", ".c", "_golden.h"):
            shutil.copy(before / f"{name}{end}", folder)
    described["sentinels"] = [mine if each["name"] == mine["name"] else each for each in described["sentinels"]]
    write_described(described, folder)


def release(name: str, data: Path, now: int) -> Release:
    """Makes the sentinel that waits the farm's own: its C for `cooee build`, its image, and a line in the record.

    Raises:
        CooeeError: none waits, it was not better, or it was compared with another than runs now.
    """
    folder = data / WAITING / name
    try:
        shadowed = json.loads((folder / SHADOWED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        shadowed = {}
    if not shadowed:
        raise CooeeError(f"no new {name} sentinel waits in {folder}: run cooee learn --sentinel {name}")
    if shadowed["why_not"]:
        raise CooeeError(f"the new {name} sentinel is not released: {shadowed['why_not']}")
    replaced = version_of(running(name, data))
    if shadowed["replaces"] != replaced:
        raise CooeeError(
            f"the new {name} sentinel was compared with {shadowed['replaces']}, and {replaced} runs now: run cooee "
            f"learn --sentinel {name} again"
        )
    described = json.loads((folder / DESCRIBED).read_text(encoding="utf-8"))
    (mine,) = (each for each in described["sentinels"] if each["name"] == name)
    _put_beside_others(mine, sentinels_folder(data), folder)
    fresh = read_trained(name, folder)
    made = Release(
        sentinel=name,
        version=version_of(fresh),
        replaced=replaced,
        released_t=now,
        shadow={part: shadowed[part] for part in ("old", "new")},
    )
    write_file(folder / f"{name}.image", pack_sentinel(fresh).image.data)
    record = [asdict(each) for each in (*releases(data), made)]
    write_file(folder / RELEASES, json.dumps(record, indent=2) + "\n")
    for image in (data / RELEASED).glob("*.image"):
        if image.stem != name:
            shutil.copy(image, folder)
    shutil.rmtree(data / RELEASED, ignore_errors=True)
    folder.rename(data / RELEASED)
    return made
