"""The page behind a link: real requests over HTTP."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.notify.answers import AnswerPage, Signer, answer_of
from tests.dashboard.farm_data import DAY

from .rig import NOW, Rig, Sink, fetch, person, rig


@pytest.fixture
def frosty(tmp_path: Path, sink: Sink) -> Iterator[tuple[Rig, str]]:
    """A farm with a frost that Anna was told of, and where her link leads on this machine."""
    with rig(tmp_path, person("Anna", sink.url("anna"), 'repeat = "never"')) as farm:
        farm.frost()
        farm.at(0)
        notifier = farm.notifier
        with AnswerPage("127.0.0.1", 0, notifier.signer, notifier.look_at_link, notifier.answer_by_link) as page:
            yield farm, _link(sink.got[0]["message"], page)


def _link(message: str, page: AnswerPage) -> str:
    (path,) = re.findall(r"http://farm\.test(/a/\S+)", message)
    return f"http://127.0.0.1:{page.port}{path}"


def _verdicts(farm: Rig) -> list[str]:
    return [judgement.verdict for judgement in farm.store.judgements(farm.farm.id, 0, NOW + DAY)]


def test_only_a_post_acts_and_only_once(frosty: tuple[Rig, str]) -> None:
    farm, link = frosty
    for method in ("GET", "GET", "HEAD"):
        status, page = fetch(link, method=method)
        assert status == 200
    assert re.findall('value="(.*?)"', fetch(link)[1]) == ["handled", "snooze", "wrong"]
    assert "Frost" in fetch(link)[1]
    assert _verdicts(farm) == []
    status, page = fetch(link, "wrong")
    assert (status, "a false alarm" in page) == (200, True)
    assert _verdicts(farm) == ["wrong"]
    status, page = fetch(link, "handled")
    assert (status, "has been used" in page) == (410, True)
    assert _verdicts(farm) == ["wrong"]


def test_links_that_we_did_not_sign_do_nothing(frosty: tuple[Rig, str]) -> None:
    farm, link = frosty
    number, mac = link.rsplit("/", 1)[1].split(".")
    base = link.rsplit("/", 1)[0]
    other = Signer(b"another key").token(int(number))
    for wrong in (f"2.{mac}", f"{number}.", number, f"{number}.{mac[:-1]}", f"٣.{mac}".encode().hex(), other, "9" * 40):
        assert fetch(f"{base}/{wrong}", "handled")[0] == 404, wrong
    assert fetch(link.replace("/a/", "/b/"), "handled")[0] == 404
    for answer in ("", "right", "x" * 200):
        assert fetch(link, answer)[0] == 400
    assert _verdicts(farm) == []


def test_a_link_of_what_is_over_does_nothing(frosty: tuple[Rig, str]) -> None:
    farm, link = frosty
    farm.thaw()
    farm.at(5)
    status, page = fetch(link, "handled")
    assert (status, "is over" in page) == (410, True)
    assert _verdicts(farm) == []


def test_a_link_works_after_a_restart(frosty: tuple[Rig, str], sink: Sink) -> None:
    farm, _ = frosty
    farm.restart()
    notifier = farm.notifier
    with AnswerPage("127.0.0.1", 0, notifier.signer, notifier.look_at_link, notifier.answer_by_link) as page:
        assert fetch(_link(sink.got[0]["message"], page), "handled")[0] == 503, "nothing is known yet"
        farm.at(1)
        assert fetch(_link(sink.got[0]["message"], page), "snooze")[0] == 200


def test_an_answer_that_the_store_does_not_take_can_be_given_again(
    frosty: tuple[Rig, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    farm, link = frosty
    monkeypatch.setattr("cloud.store.sqlite_connection.BUSY_S", 0.1)
    lock = sqlite3.connect(farm.folder / "cooee.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    status, page = fetch(link, "handled")
    assert (status, "ry again in a minute" in page, "<button" in page) == (503, True, True)
    lock.execute("ROLLBACK")
    lock.close()
    assert fetch(link, "handled")[0] == 200
    assert _verdicts(farm) == ["handled"]


@pytest.mark.parametrize(
    ("word", "answer"),
    [("Handled ", "handled"), ("ERLEDIGT", "handled"), ("später", "snooze"), ("fals", None), ("", None)],
)
def test_a_word_answers_in_any_letter_case_and_language(word: str, answer: str | None) -> None:
    assert answer_of(word) == answer
