"""A few of the training seasons, one or two a split, and what `cooee train` made of them when it last trained the
committed sentinels; `python -m tests.cloud.training.few_seasons` writes that anew."""

import tempfile
from pathlib import Path

from edge.pieces import IN_TURN
from simulations.runs import dataset
from tests.called import cooee

FOLDER = Path(__file__).parent / "few"
FILES = ("sentinels.json", "TRAINING.md")
SEEDS = (103, 111, 201, 301)
PLANS = tuple(plan for plan in dataset.PLANS if plan.seed in SEEDS)


def record(folder: Path) -> None:
    """Writes the seasons."""
    dataset.write(folder, IN_TURN, PLANS)


def train(seasons: Path, folder: Path) -> None:
    """Writes the sentinels and their report."""
    done = cooee("train", "--data", seasons, "--out", folder, "--report", folder / "TRAINING.md")
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        record(Path(name) / "seasons")
        train(Path(name) / "seasons", Path(name))
        for file in FILES:
            (FOLDER / file).write_text((Path(name) / file).read_text())
