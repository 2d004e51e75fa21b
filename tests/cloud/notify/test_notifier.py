"""Who is told what and when, through a real HTTP receiver; both clocks are handed in, nothing waits."""

from dataclasses import replace
from pathlib import Path

import pytest

from cloud.notify.failures import failures
from tests.dashboard.farm_data import DAY, clock, reading

from .rig import HOUR, MINUTE, NOW, Sink, person, rig, write_people


def anna(sink: Sink, *settings: str) -> str:
    return person("Anna", sink.url("anna"), *settings)


def test_a_trouble_of_three_nodes_is_told_once_and_not_again_after_a_restart(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, anna(sink)) as farm:
        farm.at(0)
        assert sink.got == []
        farm.dry()
        farm.at(1)
        (told,) = sink.got
        assert "dry: water" in told["title"]
        assert "3 sensors say so" in told["message"]
        assert "http://farm.test/a/1." in told["message"]
        farm.restart()
        farm.at(2)
        farm.at(20)
        assert len(sink.got) == 1


def test_it_is_repeated_until_somebody_answers(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, anna(sink, 'repeat = "30 min"')) as farm:
        farm.frost()
        for minutes in (0, 29, 30, 45, 59, 60):
            farm.at(minutes)
        assert len(sink.got) == 3
        farm.notifier.answer_by_link(1, "handled")
        for minutes in (90, 120, 600):
            farm.at(minutes)
        assert len(sink.got) == 3
        (judgement,) = farm.store.judgements(farm.farm.id, 0, NOW + DAY)
        assert (judgement.verdict, judgement.node, judgement.kind) == ("handled", "apple-weather", "frost")
        assert judgement.note.startswith("Anna, ")
        farm.at(26 * 60)
        assert len(sink.got) == 4, "a day after it was handled it needs a person again"


def test_snoozed_it_comes_back_at_the_end_and_another_nodes_call_breaks_an_answer(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, anna(sink, 'snooze = "2 h"', 'repeat = "never"')) as farm:
        farm.dry(["tomato-1"])
        farm.at(0)
        farm.notifier.answer_by_link(1, "snooze")
        for minutes in (60, 119):
            farm.at(minutes)
        assert len(sink.got) == 1
        farm.at(120)
        assert len(sink.got) == 2
        farm.notifier.answer_by_link(2, "wrong")
        farm.at(400)
        assert len(sink.got) == 2
        farm.dry(["tomato-2"], NOW + 400 * MINUTE)
        farm.at(401)
        assert len(sink.got) == 3


def test_quiet_hours_hold_all_but_frost(tmp_path: Path, sink: Sink) -> None:
    """NOW is 14:20 on the farm's clock."""
    with rig(tmp_path, anna(sink, 'quiet = "14:00-15:00"', 'repeat = "never"')) as farm:
        farm.dry()
        farm.at(0)
        assert sink.got == []
        farm.frost()
        farm.at(1)
        assert [title[:5] for title in sink.titles("anna")] == ["Frost"]
        farm.thaw()
        farm.at(39)
        assert len(sink.got) == 1, "that it is over wakes nobody"
        farm.at(40)
        (_, late) = sink.got
        assert late["title"].startswith("Tomato block will soon be dry")
        assert late["title"].endswith("(1 more below)")
        assert "It is over: Apple block, frost." in late["message"]


def test_a_frost_that_the_weather_service_does_not_expect_wakes_nobody_until_it_does(
    tmp_path: Path, sink: Sink
) -> None:
    def expected(degc: float) -> None:
        (tmp_path / "weather.csv").write_text(f"date,lowest_degc\n2015-06-03,9\n2015-06-04,{degc}\n")

    expected(8)
    with rig(tmp_path, anna(sink)) as farm:
        path = tmp_path / "farm.yaml"
        path.write_text(path.read_text().replace("id: whately", "id: whately\nforecast: {file: weather.csv}"))
        farm.frost()
        farm.at(0)
        farm.at(5)
        assert sink.got == []
        expected(0)
        farm.at(6)
        farm.at(7)
        (told,) = sink.got
        assert "Frost" in told["title"]


def test_without_an_answer_the_next_person_is_told_and_the_next(tmp_path: Path, sink: Sink) -> None:
    people = (
        anna(sink, 'escalate_to = "Ben"', 'escalate_after = "20 min"', 'repeat = "never"')
        + person("Ben", sink.url("ben"), 'zones = ["store"]', 'escalate_to = "Cleo"', 'repeat = "never"')
        + person("Cleo", sink.url("cleo"), "levels = []")
    )
    with rig(tmp_path, people) as farm:
        farm.frost()
        for minutes in (0, 19):
            farm.at(minutes)
        assert not sink.titles("ben")
        farm.at(20)
        assert "Anna was told and has not answered." in sink.got[-1]["message"]
        assert (len(sink.titles("ben")), len(sink.titles("cleo"))) == (1, 0)
        farm.at(41)
        assert len(sink.titles("cleo")) == 1
        farm.thaw()
        farm.at(50)
        assert sink.titles("ben")[-1].startswith("It is over: Apple block, frost.")


def test_an_answer_ends_the_escalation(tmp_path: Path, sink: Sink) -> None:
    people = anna(sink, 'escalate_to = "Ben"') + person("Ben", sink.url("ben"), 'kinds = ["wind"]')
    with rig(tmp_path, people) as farm:
        farm.frost()
        farm.at(0)
        farm.notifier.answer_by_link(1, "handled")
        farm.at(60)
        assert not sink.titles("ben")


def test_the_small_ones_come_together_at_their_hour(tmp_path: Path, sink: Sink) -> None:
    people = anna(sink, 'levels = ["urgent"]', 'digest = ["needs_you", "no_word"]', 'digest_at = "18:00"')
    with rig(tmp_path, people) as farm:
        farm.at(0)
        farm.dry(["tomato-1"])
        farm.at(10)
        farm.at(219)
        assert sink.got == []
        farm.at(220)
        assert "Tomato block will soon be dry" in sink.got[0]["title"]
        farm.at(300)
        farm.at(800)
        assert len(sink.got) == 1, "a small one is told once"


def test_a_backfilled_call_that_is_over_rings_nobody(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, anna(sink)) as farm:
        farm.silent = {"apple-weather"}
        weather = farm.farm.node_by_id["apple-weather"]
        farm.add(reading(farm.farm, weather, NOW - 10 * HOUR))
        farm.frost(NOW - 10 * HOUR)  # out of the gateway's backlog; its clearing is still on the way
        farm.at(0)
        farm.at(1)
        assert sink.got == []
        farm.now = NOW - 9 * HOUR
        farm.thaw(NOW - 10 * HOUR)
        farm.silent = set()
        farm.at(2)
        farm.at(60)
        assert sink.got == []


def test_a_backfilled_call_that_goes_on_rings_when_the_backlog_has_come(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, anna(sink)) as farm:
        farm.silent = {"apple-weather"}
        farm.frost(NOW - 10 * HOUR)
        farm.at(0)
        assert sink.got == []
        farm.silent = set()
        farm.at(1)
        assert len(sink.got) == 1
        assert "Since 04:20" in sink.got[0]["message"]


def test_silent_sensors_are_one_trouble_of_their_block(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, anna(sink, 'repeat = "never"')) as farm:
        farm.at(0)
        farm.silent = {"tomato-1", "tomato-2"}
        for minutes in (60, 300, 305):
            farm.at(minutes)
        assert sink.got == [], "what was just seen may be a backlog"
        farm.at(311)
        assert len(sink.got) == 1
        assert "no word from tomato-1 and tomato-2" in sink.got[0]["title"]
        farm.notifier.answer_by_link(1, "handled")
        farm.silent.add("tomato-3")
        farm.at(700)
        assert "tomato-1, tomato-2 and tomato-3" in sink.got[1]["title"], "one more is news"
        farm.silent = set()
        farm.at(710)
        assert sink.titles("anna")[2].startswith("It is over: ")


def test_a_silent_gateway_is_told_alone(tmp_path: Path, sink: Sink) -> None:
    with rig(tmp_path, anna(sink, 'zones = ["apples"]', 'repeat = "never"')) as farm:
        farm.at(0)
        farm.add(replace(clock(farm.farm, NOW + 1), state="offline"))
        farm.notifier.step()
        assert sink.got == [], "it may only be starting anew"
        farm.wall += 10 * MINUTE
        farm.notifier.step()
        assert [title[:24] for title in sink.titles("anna")] == ["No word from the gateway"]
        farm.at(30)
        assert sink.titles("anna")[1].startswith("It is over: no word from the gateway")


def test_who_cannot_be_reached_is_tried_again_and_the_next_person_told_at_once(tmp_path: Path, sink: Sink) -> None:
    people = anna(sink, 'escalate_to = "Ben"') + person("Ben", sink.url("ben"), 'kinds = ["wind"]')
    sink.refuses = {"anna"}
    with rig(tmp_path, people) as farm:
        farm.frost()
        farm.at(0)
        farm.at(0.1)
        assert len(sink.titles("anna")) == 1, "not at every look"
        assert len(sink.titles("ben")) == 1, "long before Anna should have answered"
        (line,) = failures(tmp_path, "UTC", farm.wall)
        assert line.startswith("Could not reach Anna by JSON since ")
        assert "500" in line
        sink.refuses = set()
        farm.at(1.5)
        assert len(sink.titles("anna")) == 2
        assert failures(tmp_path, "UTC", farm.wall) == []
        farm.at(3)
        assert len(sink.titles("anna")) == 2


@pytest.mark.parametrize("answer", ["handled", "wrong", "snooze"])
def test_what_was_answered_meanwhile_is_not_sent_late(tmp_path: Path, sink: Sink, answer: str) -> None:
    sink.refuses = {"anna"}
    with rig(tmp_path, anna(sink)) as farm:
        farm.frost()
        farm.at(0)
        farm.notifier.answer_by_link(1, answer)
        sink.refuses = set()
        for minutes in (5, 30, 60):
            farm.at(minutes)
        assert len(sink.got) == 1


def test_each_is_told_in_their_language_and_units_and_answers_in_it(tmp_path: Path, sink: Sink) -> None:
    """Else in the farm's, which is English."""
    people = (
        anna(sink, 'language = "de"', 'repeat = "never"')
        + person("Ben", sink.url("ben"), 'units = "us"', 'repeat = "never"')
        + person("Asha", sink.url("asha"), 'language = "hi"', 'units = "us"', 'repeat = "never"')
    )
    with rig(tmp_path, people) as farm:
        farm.dry()
        farm.at(0)
        told = {message["path"][1:]: message for message in sink.got}
        assert told["anna"]["title"] == "Tomato block wird bald trocken: bis morgen früh 11 mm bewässern."
        assert told["ben"]["title"] == "Tomato block will soon be dry: water 0.45 in by tomorrow morning."
        assert told["asha"]["title"] == "Tomato block में जल्द पानी की कमी होगी: कल सुबह तक 0.45 इंच पानी दें।"
        assert "Seit 14:20. Die Wurzeln haben 10 von 30 mm verbraucht." in told["anna"]["message"]
        assert "Since 2:20 PM. Roots have used 0.4 of 1.2 in." in told["ben"]["message"]
        reply = farm.notifier.look_at_link(1)
        shown = reply.title.replace("\N{NO-BREAK SPACE}", " ")
        assert (shown, reply.reader.language) == (told["anna"]["title"], "de")
        assert farm.notifier.answer_by_link(1, "handled").title == "Notiert: Es ist in Ihren Händen."
        assert farm.notifier.answer_by_link(2, "handled").title == "Noted: it is in your hands."


def test_people_are_taken_up_while_it_runs_and_a_broken_file_changes_nothing(
    tmp_path: Path, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    with rig(tmp_path, anna(sink)) as farm:
        farm.at(0)
        write_people(tmp_path, anna(sink) + person("Ben", sink.url("ben")))
        farm.frost()
        farm.at(1)
        assert len(sink.got) == 2
        write_people(tmp_path, anna(sink, 'levels = ["often"]'))
        farm.dry()
        farm.at(2)
        farm.at(3)
        assert len(sink.got) == 4, "both, as before"
        (line,) = [record.getMessage() for record in caplog.records if "as before" in record.getMessage()]
        assert "levels" in line
        (said,) = failures(tmp_path, "UTC", farm.wall)
        assert "as before" in said
        assert "levels" in said
        write_people(tmp_path, person("Ben", sink.url("ben")))
        farm.dry(["tomato-1"])
        farm.thaw()
        farm.at(4)
        farm.at(5)
        assert len(sink.got) == 5, "the end of the frost, to Ben alone"
        assert failures(tmp_path, "UTC", farm.wall) == []
