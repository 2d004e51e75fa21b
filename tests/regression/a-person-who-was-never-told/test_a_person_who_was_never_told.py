"""`zones = []` in people.toml was taken, and its person was never told anything; quiet hours without end, a snooze of a
thousand centuries and a name of blanks were taken too, and a file that Notepad saved was no TOML."""

from pathlib import Path

import pytest

from cloud.notify.people import PeopleError, load_people
from edge.farm import parse_farm
from edge.farm.text import sample_farm_text

FARM = parse_farm(sample_farm_text(), source="farm.yaml")
PERSON = '[[people]]\nname = "Ann"\nurls = ["json://127.0.0.1/x"]\n'


def load(folder: Path, text: str) -> list[str]:
    path = folder / "people.toml"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return [person.name for person in load_people(path, FARM)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("zones = []", "Ann: zones is empty, and nobody escalates to Ann: nothing would ever be told; name some"),
        ("kinds = []", "Ann: kinds is empty"),
        ("levels = []", "Ann: levels and digest are empty"),
        ('quiet = "22:00-22:00"', "quiet: from and to are the same"),
        ('snooze = "999999999 h"', r"snooze: must be at most 2592000"),
        ('repeat = "999999999 h"', r"repeat: must be at most 2592000"),
    ],
)
def test_it_is_said(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match=message):
        load(tmp_path, PERSON + line)


@pytest.mark.parametrize("name", ["  ", r"a\u007fb"])
def test_a_name_can_be_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="name: write letters in one line"):
        load(tmp_path, PERSON.replace("Ann", name))


@pytest.mark.parametrize("line", ["zones = []", "kinds = []", "levels = []"])
def test_who_is_only_escalated_to_is_told(line: str, tmp_path: Path) -> None:
    ben = PERSON.replace("Ann", "Ben") + 'escalate_to = "Ann"\n'
    assert load(tmp_path, ben + PERSON + line) == ["Ben", "Ann"]


def test_what_is_meant_is_taken(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + PERSON + 'levels = []\ndigest = ["needs_you"]') == ["Ann"]
