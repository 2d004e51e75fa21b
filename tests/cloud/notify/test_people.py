"""people.toml: what is wrong with one is said in one line, with the mend and without its secrets."""

import re
import textwrap
from datetime import time
from pathlib import Path

import pytest

from cloud.notify.channels import without_secrets
from cloud.notify.people import PeopleError, Person, load_people
from tests.dashboard.farm_data import sample_farm

from .rig import person, write_people

ANNA = person("Anna", "json://user:geheim-1234@127.0.0.1:9/x")


def test_a_person_has_usual_settings_and_their_own(tmp_path: Path) -> None:
    text = ANNA + person("Ben", "ntfy://topic", 'quiet = "21:30-06:00"', 'repeat = "never"', 'escalate_to = "Anna"')
    anna, ben = load_people(write_people(tmp_path, text), sample_farm())
    assert (anna.repeat, anna.quiet, anna.language) == (1800, None, None)
    assert "frost" in anna.wake_for
    assert (ben.quiet, ben.repeat) == ((time(21, 30), time(6)), None)


def test_a_file_is_an_address_too(tmp_path: Path) -> None:
    file = tmp_path / "told.txt"
    text = person("Anna", f"file://{file}") + person("Ben", f"file://{tmp_path}/nowhere/x")
    (anna,), (ben,) = (each.channels() for each in load_people(write_people(tmp_path, text), sample_farm()))
    assert anna.name == "File"
    assert anna.send("Dry", "Water 20 mm.") is None
    assert anna.send("Over", "It is over.") is None
    assert file.read_text(encoding="utf-8") == "Dry\nWater 20 mm.\n\nOver\nIt is over.\n\n"
    assert ben.send("Dry", "") == "the file cannot be written (No such file or directory)"
    with pytest.raises(PeopleError, match="is no address"):
        load_people(write_people(tmp_path, person("Cleo", "file://told.txt")), sample_farm())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[people]\n", "not TOML: "),
        ("", "nobody is in it: write one [[people]] a person"),
        ('[people]\nname = "Anna"\n', "nobody is in it: write one [[people]] a person"),
        ('[[people]]\nname = "Anna"\n', "people[1].urls: is missing"),
        (ANNA + 'phone = "1"\n', "people[1].phone: there is no such field; docs/NOTIFY.md lists them"),
        (ANNA + ANNA, "Anna is there twice"),
        (ANNA + 'zones = ["moon"]\n', "Anna: zones: 'moon' is not one of tomatoes, apples, store"),
        (ANNA + 'kinds = ["thirst"]\n', "Anna: kinds: 'thirst' is not one of too_dry, "),
        (ANNA + 'levels = ["fine"]\n', "Anna: levels: 'fine' is not one of urgent, needs_you, no_word"),
        (ANNA + 'escalate_to = "Anna"\n', "Anna: escalate_to: 'Anna' is not somebody else in this file"),
        (ANNA + 'quiet = "9-5"\n', 'people[1].quiet: write from and to, as in "21:00-06:30"'),
        (ANNA + 'digest_at = "25:00"\n', 'people[1].digest_at: write hours and minutes, as in "07:00"'),
        (ANNA + 'repeat = "often"\n', "people[1].repeat: write a whole number and a unit"),
        (ANNA + 'language = "xx"\n', "people[1].language: must be 'en'"),
        (person("Anna", "geheim-1234"), "Anna: urls[1] is no address that Apprise knows"),
        (person("Anna", "tgram://geheim-1234/5"), "Anna: urls[1] is no address that Apprise knows"),
        (person("Anna", "geheim-1234") + "urls = 5\n", "not TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_without_secrets(tmp_path: Path, text: str, says: str) -> None:
    path = write_people(tmp_path, text)
    with pytest.raises(PeopleError) as caught:
        load_people(path, sample_farm())
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert says in line
    assert "\n" not in line
    assert "geheim" not in line


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = write_people(tmp_path, ANNA)
    path.chmod(0o640)
    with pytest.raises(PeopleError, match=f"others can read the passwords in it: chmod 600 {path}"):
        load_people(path, sample_farm())


@pytest.mark.parametrize(
    ("content", "says"), [(b"\xff\xfe", "it is not UTF-8 text: save it as UTF-8"), (None, r"docs/NOTIFY\.md")]
)
def test_no_text_and_no_file(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = write_people(tmp_path, "")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(PeopleError, match=says):
        load_people(path, sample_farm())


def test_channels_have_names_of_their_own(tmp_path: Path) -> None:
    text = '[[people]]\nname = "Anna"\nurls = ["json://127.0.0.1", "ntfy://x", "json://127.0.0.2"]\n'
    (anna,) = load_people(write_people(tmp_path, text), sample_farm())
    assert [channel.name for channel in anna.channels()] == ["JSON 1", "ntfy", "JSON 2"]


def test_no_part_of_an_address_is_left_in_an_error() -> None:
    url = "mailto://anna:p%40ss-word@mail.example.org:587?to=+49%20151%20123&name=x"
    said = without_secrets(
        url, "no mail to ANNA (p@ss-word, p%40ss-word) at mail.example.org:\n 587, +49 151 123: refused"
    )
    for secret in ("anna", "word", "example", "151", "587"):
        assert secret not in said.lower()
    assert said.endswith("refused")
    assert "\n" not in said


def test_the_document_shows_a_file_that_works_and_every_field(tmp_path: Path) -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "NOTIFY.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    anna, ben = load_people(write_people(tmp_path, textwrap.dedent(sample)), sample_farm())
    assert (anna.escalate_to, ben.digest) == ("Ben", ("needs_you", "no_word"))
    rows = re.findall(r"^\| (`\w.*?) \|", text, re.M)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(Person.model_fields)
