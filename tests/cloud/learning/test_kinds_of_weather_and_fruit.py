"""Sentinels of weather, wind and fruit learn as that of the soil does: what a verdict labels is right for its kind, and
a simulated grower's verdicts take false calls away."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.learn import Course, course, record_seasons, start_eager
from bench.learn_farm import farm_of, grow
from cloud.learning.judged import UNJUDGED, Lessons, PastCall, lessons, past_calls
from cloud.learning.lesson import LEAST_DAYS, learn
from cloud.learning.record import releases
from cloud.learning.releases import SHADOWED, WAITING, deciding, keep_waiting, release, running, version_of
from cloud.learning.replay import Replay
from cloud.learning.sentinel import Deciding
from cloud.porting import port
from cloud.store import Store, Stored, open_store
from cloud.training.candidates import TreeSettings, tree
from cloud.training.datasets import DataSet
from edge.contract.errors import CooeeError
from edge.contract.messages import Call, Judgement
from edge.core import feature_names
from edge.scoring import HOUR_MS, CallSpan, KindScore

HOURS = 60
WEATHER = deciding(running("weather", Path("no data folder")))


@pytest.mark.parametrize(
    ("sentinel", "kind", "place", "seed", "train", "validation"),
    [("ethylene", "ripening", "davis", 6, "EWR", "de-bilt"), ("weather", "frost", "EWR", 4, "LGA", "davis")],
)
def test_two_rounds_halve_the_false_calls_of_too_eager_a_sentinel(
    sentinel: str, kind: str, place: str, seed: int, train: str, validation: str, tmp_path: Path
) -> None:
    """On weeks that no round saw, by the truth, at the same recall; a grower who errs in a fifth comes near to it."""
    seasons = record_seasons(tmp_path / "seasons", (train,), (validation,), sentinel)
    grown = grow(4, place, seed, sentinel=sentinel)

    def ends(errs: float) -> tuple[KindScore, KindScore]:
        folder = tmp_path / f"errs {errs}"
        start_eager(folder, seasons, sentinel)
        learnt: Course = course(grown, seasons, errs, folder)
        return learnt.scored[0].kinds[kind], learnt.scored[-1].kinds[kind]

    for errs, share in ((0.0, 0.5), (0.2, 0.6)):
        first, last = ends(errs)
        assert first.false_calls >= 15
        assert last.false_calls <= share * first.false_calls, errs
        assert first.found == last.found > 3, errs


def taught(past: list[PastCall], decided: int, sentinel: Deciding = WEATHER) -> Lessons:
    """What is learnt of one node over HOURS, of which the sentinel decides the same at each."""
    always = replace(
        sentinel, verdicts=lambda rows: (np.full(len(rows), decided, np.uint8), np.full(len(rows), 99, np.uint8))
    )
    t = np.arange(HOURS, dtype=np.int64) * HOUR_MS
    node = farm_of(1, ["loam"], sentinel="weather").nodes[0]
    features = np.zeros((1, HOURS, len(feature_names())), np.int16)
    return lessons(past, [Replay(nodes=(node,), t=t, features=features)], always)


def said(kind: str, start: int, end: int, *, right: bool | None) -> PastCall:
    span = CallSpan(zone="field-0", node="node-1", kind=kind, raised=start * HOUR_MS, cleared=end * HOUR_MS)
    return PastCall(span=span, right=right, known=span, version="")


def test_a_frost_call_that_was_wrong_labels_its_night_and_nothing_else() -> None:
    """From the call to its end; before and after it what the sentinel decided stands."""
    found = taught([said("frost", 20, 30, right=False)], decided=WEATHER.classes.index("frost"))
    assert found.y.tolist() == [1] * 20 + [0] * 10 + [1] * (HOURS - 30)
    assert (found.call != UNJUDGED).sum() == 10


def test_a_verdict_on_one_kind_says_nothing_of_another() -> None:
    """Frost that was wrong does not deny disease weather, and a call that nobody judged hides only its own hours."""
    disease = WEATHER.classes.index("disease")
    frost, blight = said("frost", 20, 30, right=False), said("disease", 10, 46, right=True)
    found = taught([frost, blight], decided=disease)
    assert found.y.tolist() == [disease] * (HOURS - 6), "all but the six hours in which the call only waited to clear"
    hidden = taught([said("frost", 20, 30, right=None), blight], decided=disease)
    assert len(hidden.y) == len(found.y) - 10, "frost comes before disease, and may have been there"


def test_frost_that_was_right_is_none_in_the_hours_in_which_its_call_waits_to_clear() -> None:
    """The sun is up by then."""
    found = taught([said("frost", 20, 34, right=True)], decided=0)
    assert found.y.tolist() == [0] * 20 + [1] * 8 + [0] * (HOURS - 34)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite={tmp_path / 'cooee.db'}")


def judged_calls(sentinel: str, kind: str, hours: list[int], lasts: int, judged_after: int) -> list[Stored]:
    """Calls of both nodes of ten zones at these hours, each judged wrong."""
    kept = []
    for number, node in enumerate(farm_of(10, ["loam"], sentinel=sentinel).nodes):
        for seq, hour in enumerate(hours):
            raised = hour * HOUR_MS
            call = Call(
                farm="learning", node=node.id, boot=1, seq=2 * seq, t=raised, sentinel=sentinel, version="0" * 8,
                kind=kind, confidence=90, state="raised", raised_t=raised,
            )  # fmt: skip
            ends = replace(call, seq=2 * seq + 1, t=raised + lasts * HOUR_MS, state="cleared")
            said = Judgement(
                farm="learning", node=node.id, sentinel=sentinel, kind=kind, raised_t=raised,
                t=raised + judged_after * HOUR_MS + number, verdict="wrong",
            )  # fmt: skip
            kept += [Stored(zone=node.zone, message=message) for message in (call, ends, said)]
    return kept


@pytest.mark.parametrize(
    ("sentinel", "kind", "lasts", "known"),
    [
        ("weather", "frost", 10, 10),
        ("wind", "wind", 5, 5),
        ("ethylene", "ripening", 40, 40),
        ("soil", "too_dry", 90, 25),
    ],
)
def test_that_a_call_was_wrong_holds_as_long_as_its_kind_can_be_known(
    sentinel: str, kind: str, lasts: int, known: int, store: Store
) -> None:
    """A frost call to the night's end, one of dry soil for a day after somebody looked; of each node that called."""
    store.append(judged_calls(sentinel, kind, [100], lasts, judged_after=1))
    found = past_calls(store, farm_of(10, ["loam"], sentinel=sentinel), sentinel, 0, 300 * HOUR_MS)
    store.close()
    assert len(found) == 20
    assert {(call.known.cleared - call.known.raised) // HOUR_MS for call in found} == {known}


def test_one_night_of_ten_blocks_is_too_little_to_learn_from(store: Store, tmp_path: Path) -> None:
    """Twenty nodes judged wrong in one night are ten calls of a farmer's, and one night."""
    nights = [100 + 24 * night for night in range(LEAST_DAYS - 1)]
    store.append(judged_calls("weather", "frost", [*nights, 900], 8, judged_after=10))
    farm = farm_of(10, ["loam"], sentinel="weather")

    def asked() -> DataSet:
        raise AssertionError("no seasons are read for nothing")

    with pytest.raises(CooeeError, match=r"found 0 and 10 \(a kind counts from 5 on 3 days on\)"):
        learn(store, farm, "weather", asked, now=1000 * HOUR_MS, days=10, data=tmp_path)
    store.close()


def test_sentinels_that_wait_together_are_released_one_after_the_other(tmp_path: Path) -> None:
    """Neither release takes the other back."""
    rng = np.random.default_rng(3)
    fresh = {}
    for name in ("weather", "wind"):
        old = running(name, tmp_path)
        x = rng.integers(-500, 2500, (400, len(old.features)), dtype=np.int16)
        fitted = tree(x, (x[:, 0] > 900).astype(np.uint8), TreeSettings(leaves=4, balance=0))
        classes = old.classes
        if len(classes) > 2:
            fitted = tree(x, np.digitize(x[:, 0], (0, 900)).astype(np.uint8), TreeSettings(leaves=4, balance=0))
        ported = port(fitted, name=name, feature_names=old.features, class_names=classes, command="cooee learn")
        beside = {"version": "0" * 8}
        shadowed = {
            "sentinel": name, "why_not": None, "replaces": version_of(old), "judged": 20, "weight": 0.01,
            "seasons": "", "old": beside, "new": beside,
        }  # fmt: skip
        keep_waiting(ported, old, old.policies, old.normals, {}, shadowed, tmp_path)
        assert (tmp_path / WAITING / name / SHADOWED).is_file()
        fresh[name] = ported.model_hash[:8]
    for name in fresh:
        release(name, tmp_path, 1)
    assert {name: version_of(running(name, tmp_path)) for name in fresh} == fresh
    assert [made.sentinel for made in releases(tmp_path)] == list(fresh)
