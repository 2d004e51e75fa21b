"""`cooee bench images` divided by the bytes of the wind sentinel's table, which the porter writes as code: 0."""

import pytest

from bench import images


def test_its_image_is_no_share_of_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    wind = images.Row(
        model="wind: tree",
        table=0,
        table_flash=74,
        table_cycles=44,
        image_model=20,
        plain=10,
        coded=10,
        entropy=10,
        image=79,
        whole=108,
        code=3591,
        cycles=12785,
    )
    monkeypatch.setattr(images, "run", lambda: [wind])
    images.command()
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "wind: tree" in line)
    assert [cell.strip() for cell in line.split("│")[2:5]] == ["0", "20", ""]
