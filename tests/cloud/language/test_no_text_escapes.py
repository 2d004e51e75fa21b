"""Every sentence of advice, and every notification, comes out of the catalogues."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cloud.advice.dry_advice import dry_unasked
from cloud.advice.evidence import evidence_in_words
from cloud.block.water import Drying, Incoming, block_water
from cloud.language.names import channel_in_words, crop_in_words, soil_in_words
from cloud.notify.answers import AnswerPage
from cloud.notify.failures import failures
from edge.agronomy.crops import crops, soils
from edge.contract.channels import channel_names
from edge.contract.kinds import kinds
from edge.contract.messages import Evidence
from tests.cloud.advice.test_advice import (
    FEATURES,
    HOUR,
    IRRIGATIONS,
    advise,
    block,
    cold_store,
    moisture,
    text,
    trouble,
)
from tests.cloud.notify.rig import MINUTE, NOW, Sink, fetch, person, rig
from tests.dashboard.farm_data import clock

from .pseudo import outside, speak_in_brackets, words_outside


@pytest.fixture(autouse=True)
def brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    speak_in_brackets(monkeypatch)


@pytest.fixture
def sink() -> Iterator[Sink]:
    opened = Sink()
    yield opened
    opened.close()


@pytest.mark.no_cover  # tests/cloud/advice/test_advice.py says the same sentences
@pytest.mark.parametrize("kind", [*kinds(), "hail_storm"])
@pytest.mark.parametrize("crop", ["tomato", "apple", "lettuce"])
def test_no_sentence_of_advice_escapes(kind: str, crop: str) -> None:
    why = [Evidence(feature=name.lower(), value=0.42, unit=unit) for name, unit in FEATURES]
    weather = {"air_temperature": -1.2, "gust": 19.0, "ethylene": 3.456, "humidity": 93.0}
    drying = Drying(faster_since=NOW - 24 * HOUR, loss_a_day=0.01)
    for zone in [*(block(crop, irrigation) for irrigation in IRRIGATIONS), cold_store(crop)]:
        wet = [moisture(zone, lost) for lost in (0.0, 0.1, 0.45, 0.8)] if zone.soil else [{}]
        for values in ({}, *(weather | soil for soil in wet)):
            raining, watered = (Incoming(last_hour_mm=mm, on_its_way_mm=9, given=not mm) for mm in (1, 0))
            for others, incoming in ((0, None), (3, None), (1, raining), (1, watered)):
                full = moisture(zone, 0.1) if others and zone.soil else None
                found = trouble(
                    zone, kind, values, *why, sensors=2, elsewhere=full, others=others, drying=drying, incoming=incoming
                )
                for falls in (False, True):
                    said = text(advise(replace(found, worsening=falls)))
                    assert words_outside(said) == [], said


def test_no_other_sentence_escapes() -> None:
    for partly in (0.1, 0.5):
        water = block_water(block(), {"a": moisture(block(), 0.5), "b": moisture(block(), partly)}, NOW)
        assert water is not None
        assert words_outside(text(dry_unasked(block(), water, NOW))) == []
    named = [*map(channel_in_words, channel_names()), *map(crop_in_words, crops()), *map(soil_in_words, soils())]
    assert [name for name in named if words_outside(name)] == []


@pytest.mark.parametrize(("feature", "unit"), FEATURES)
def test_no_evidence_escapes(feature: str, unit: str) -> None:
    for value in (-0.37, 0.37, 1.2):
        said = evidence_in_words(Evidence(feature=feature.lower(), value=value, unit=unit))
        assert set(words_outside(said)) <= {"C", "km", "h", "ppm", "hPa", "mm"}, said


def test_no_notification_escapes(tmp_path: Path, sink: Sink) -> None:
    people = (
        person("Anna", sink.url("anna"), 'escalate_to = "Ben"', 'escalate_after = "20 min"')
        + person("Ben", sink.url("ben"), 'kinds = ["silent_gateway"]')
        + person("Cleo", sink.url("cleo"), "levels = []", 'digest = ["urgent", "needs_you"]', 'digest_at = "14:30"')
    )
    with rig(tmp_path, people) as farm:
        farm.at(0)
        farm.dry()
        farm.frost()
        farm.silent = {"store-1"}
        for minutes in (1, 22, 300, 320):
            farm.at(minutes)
        farm.thaw()
        farm.silent = set()
        farm.at(330)
        farm.add(replace(clock(farm.farm, farm.now + 1), state="offline"))
        for _ in range(2):
            farm.wall += 10 * MINUTE
            farm.notifier.step()
        texts = [part for message in sink.got for part in (message["title"], message["message"])]
        assert {message["path"] for message in sink.got} == {"/anna", "/ben", "/cleo"}
        assert len(texts) > 12
        assert [said for said in texts if words_outside(said)] == []
        notifier = farm.notifier
        with AnswerPage("127.0.0.1", 0, notifier.signer, notifier.look_at_link, notifier.answer_by_link) as page:
            link = f"http://127.0.0.1:{page.port}/a/"
            shown = [fetch(f"{link}{notifier.signer.token(number)}")[1] for number in (1, 2, 999)]
            shown += [fetch(f"{link}1.x")[1], fetch(f"{link}{notifier.signer.token(1)}", "no")[1]]
            shown += [fetch(f"{link}{notifier.signer.token(1)}", "handled")[1] for _ in range(2)]
        bodies = [re.sub(r"<[^>]+>", "\n", body.partition("<body>")[2]) for body in shown]
        assert [body for body in bodies if outside(body).strip()] == []
        lines = failures(tmp_path, "UTC", farm.wall + 30 * MINUTE)
        assert [line for line in lines if words_outside(line)] == []
