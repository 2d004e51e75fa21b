"""What a node and its sentinels cost on the emulated boards does not grow unseen."""

import pytest

from bench.sizes import DOCUMENT, FIGURE_NAMES, markdown, measure_sizes, read_sizes, write_sizes
from cloud.porting.check.boards import EMULATED, missing_tools
from tests.parts import fail_or_skip

GROWTH = 1.02


def test_no_figure_grows_without_being_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    for board in EMULATED:
        if missing := missing_tools(board):
            fail_or_skip(missing)
    measured, kept = measure_sizes(), {(size.board, size.part): size for size in read_sizes()}
    with capsys.disabled():
        print(f"\n{markdown(measured)}")
    assert {(size.board, size.part) for size in measured} == set(kept)
    grown = [
        f"{size.board} {size.part}: {name} {found}, was {before}"
        for size in measured
        for name in FIGURE_NAMES
        if (found := getattr(size, name)) > GROWTH * (before := getattr(kept[size.board, size.part], name))
    ]
    assert not grown, "\n".join([*grown, "if that is meant, write docs/figures/sizes.csv anew: cooee bench sizes"])


def test_the_document_shows_the_figures() -> None:
    assert f"\n{markdown(read_sizes())}\n" in DOCUMENT.read_text(encoding="utf-8")


def test_figures_are_read_as_they_were_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("sizes") / "sizes.csv"
    write_sizes(read_sizes(), path)
    assert read_sizes(path) == read_sizes()
