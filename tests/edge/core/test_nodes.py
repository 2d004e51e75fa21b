"""Nodes in bulk: what they send, keep and call."""

import threading
import time
from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.contract.channels import MISSING, channel_names
from edge.contract.errors import FrameError
from edge.core import (
    NODE_CHANNELS,
    TELEMETRY_DTYPE,
    UNKNOWN,
    Ack,
    CallFrame,
    Hello,
    NodeConfig,
    Nodes,
    Telemetry,
    classify,
    decode,
    encode,
    feature_names,
    features,
    sentinels,
)
from tests.edge.core.field_site import SITE

STEP_S = 900
ALL = tuple(s.name for s in sentinels())


def _ack(address: int, boot: int, sequences: list[int], number: int = 1) -> bytes:
    return encode(Ack(address=address, boot=boot, sequence=number, sequences=tuple(sequences)))


WILD = channel_names()[:NODE_CHANNELS]
"""Channels of `_readings` that say anything: as many as a node can have."""


def _config(
    address: int = 1, *, names: tuple[str, ...] = WILD, run: tuple[str, ...] = ALL, resend_after_s: int = 0
) -> NodeConfig:
    return NodeConfig(
        address=address,
        boot=3,
        wake_interval_s=STEP_S,
        channels=names,
        site=SITE,
        sentinels=run,
        resend_after_s=resend_after_s,
    )


def _readings(nodes: int, steps: int, seed: int = 1) -> NDArray[np.int16]:
    """Wild: every channel swings through much of its range; some values are missing, some out of range."""
    rng = np.random.default_rng(seed)
    out = np.full((nodes, steps, len(channel_names())), MISSING, dtype=np.int16)
    middle = np.array([2000, 2000, 1500, 500, 1200, 7500, 400, 900, 20, 10_130, 3700])
    swing = np.array([900, 900, 800, 450, 1400, 2400, 390, 890, 20, 100, 100])
    phase = rng.uniform(0, 6, (nodes, 1, len(middle)))
    hours = np.arange(steps)[None, :, None] * STEP_S / 3600
    slow, fast = np.sin(hours / 120 * 6.28 + phase), np.sin(hours / 24 * 6.28 + phase)
    raw = middle + swing * (0.7 * slow + 0.3 * fast) + rng.normal(0, 5, slow.shape)
    luck = rng.random(raw.shape)
    out[..., : len(WILD)] = np.select([luck < 0.02, luck < 0.03], [MISSING, -20_000], np.rint(raw)).astype(np.int16)
    return out


def test_a_node_says_hello_and_then_what_it_measures() -> None:
    nodes = Nodes([_config(7, names=("air_temperature", "battery"), run=())])
    row = np.full((1, len(channel_names())), MISSING, dtype=np.int16)
    row[0, channel_names().index("air_temperature")] = -150
    nodes.wake(1000, row)
    sent = [(i, decode(frame)) for i, frame in nodes.transmit(1040)]
    assert sent == [
        (
            0,
            Hello(
                address=7,
                boot=3,
                sequence=0,
                age_s=40,
                firmware_version=1,
                wake_interval_s=STEP_S,
                channels=("air_temperature", "battery"),
            ),
        ),
        (
            0,
            Telemetry(
                address=7,
                boot=3,
                sequence=1,
                age_s=40,
                raw={"air_temperature": -150},
                faults=("battery",),
                why_faulty={"battery": "silent"},
            ),
        ),
    ]
    assert nodes.transmit(1050) == []


def test_frames_stay_until_they_are_acknowledged() -> None:
    nodes = Nodes([_config(1, run=()), _config(2, run=())], outbox_frames=8)
    nodes.wake(0, _readings(2, 1)[:, 0])
    first = nodes.transmit(5)
    assert nodes.outbox_free().tolist() == [6, 6]
    assert nodes.receive(_ack(1, 3, [0, 1]))
    assert nodes.outbox_free().tolist() == [8, 6]
    assert not nodes.receive(_ack(1, 3, [0, 1])), "heard before"
    assert not nodes.receive(_ack(2, 99, [0, 1])), "another boot"
    with_another_key = encode(Ack(address=2, boot=3, sequence=9, sequences=(0, 1)), bytes(range(16)))
    assert not nodes.receive(with_another_key)
    assert not nodes.receive(_ack(9, 3, [0, 1])), "another node"
    with pytest.raises(FrameError):
        nodes.receive(b"noise")
    nodes.requeue()
    again = nodes.transmit(65)
    assert [i for i, _ in again] == [1, 1]
    assert [decode(frame).age_s for _, frame in again] == [65, 65]
    assert {decode(f).sequence for _, f in again} == {decode(f).sequence for i, f in first if i == 1}


def test_unacknowledged_frames_are_sent_again_after_the_time_out() -> None:
    nodes = Nodes([_config(run=(), resend_after_s=60)])
    nodes.wake(0, _readings(1, 1)[:, 0])
    assert len(nodes.transmit(0)) == 2
    assert nodes.transmit(59) == []
    assert len(nodes.transmit(60)) == 1, "nobody has answered: one alone is tried"


def test_a_full_outbox_counts_what_it_drops() -> None:
    nodes = Nodes([_config(run=())], outbox_frames=4)
    readings = _readings(1, 20)
    for step in range(20):
        nodes.wake(step * STEP_S, readings[:, step])
    assert nodes.outbox_free().tolist() == [0]
    assert nodes.dropped.tolist() == [17]
    assert [decode(frame).sequence for _, frame in nodes.transmit(20 * STEP_S)] == [0, 18, 19, 20], "a hello stays"


def test_a_mask_says_who_wakes() -> None:
    nodes = Nodes([_config(address, run=()) for address in (1, 2, 3)])
    nodes.wake(0, _readings(3, 1)[:, 0], mask=np.array([True, False, True]))
    assert Counter(i for i, _ in nodes.transmit(0)) == {0: 2, 2: 2}


def test_a_restarted_node_begins_a_new_boot() -> None:
    nodes = Nodes([_config(run=())])
    readings = _readings(1, 3)
    nodes.wake(0, readings[:, 0])
    nodes.restart(0)
    nodes.wake(STEP_S, readings[:, 1])
    heads = [(decode(frame).boot, decode(frame).sequence) for _, frame in nodes.transmit(STEP_S)]
    assert heads == [(4, 0), (4, 1)]


@pytest.mark.parametrize("run", [ALL, ()], ids=["all sentinels", "none"])
def test_a_restored_node_goes_on_as_if_nothing_had_been(run: tuple[str, ...]) -> None:
    """With what waits in its outbox, with its windows, alarms and soil water."""
    first, second = Nodes([_config(run=run)]), Nodes([_config(run=run)])
    readings = _readings(1, 600)
    for step in range(300):
        first.wake(step * STEP_S, readings[:, step])
    assert second.restore(0, first.save(0))
    sent = []
    for nodes in (first, second):
        sent.append(nodes.transmit(300 * STEP_S))
        for step in range(300, 600):
            nodes.wake(step * STEP_S, readings[:, step])
            sent[-1] += nodes.transmit(step * STEP_S)
    assert sent[0] == sent[1]
    assert len(sent[0]) > 300
    assert not second.restore(0, first.save(0)[:-1])


def test_run_is_the_same_as_waking_step_by_step() -> None:
    count, steps = 5, 1500
    readings = _readings(count, steps)
    configs = [_config(i + 1) for i in range(count)]
    telemetry = np.empty((count, steps), dtype=TELEMETRY_DTYPE)
    _, calls = Nodes(configs).run(readings, 0, STEP_S, telemetry)
    nodes = Nodes(configs)
    seen = []
    for step in range(steps):
        nodes.wake(step * STEP_S, readings[:, step])
        for i, data in nodes.transmit(step * STEP_S):
            frame = decode(data)
            nodes.receive(_ack(frame.address, frame.boot, [frame.sequence], number=frame.sequence + 1))
            if isinstance(frame, CallFrame):
                state = ("raised", "repeated", "cleared").index(frame.state)
                seen.append(
                    (i, step, frame.since_s, frame.sentinel, frame.class_id, state, frame.confidence, len(data))
                )
            elif isinstance(frame, Telemetry):
                faults = sum(1 << channel_names().index(name) for name in frame.faults)
                assert tuple(telemetry[i, step].tolist()) == (faults, len(data))
    assert len(seen) > 10
    assert len(np.unique(telemetry["faults"])) > 3
    assert sorted(seen) == sorted(map(tuple, calls.tolist()))


def test_an_array_for_telemetry_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"telemetry must be contiguous .* \(1, 3\), found .* \(1, 2\)"):
        Nodes([_config()]).run(_readings(1, 3), 0, STEP_S, np.empty((1, 2), dtype=TELEMETRY_DTYPE))


def test_verdicts_are_those_of_the_features() -> None:
    readings = _readings(3, 400)
    found, _ = Nodes([_config(i + 1) for i in range(3)]).run(readings, 0, STEP_S)
    table = features(readings, step_s=STEP_S, sites=[SITE] * 3)
    for place, sentinel in enumerate(sentinels()):
        columns = [feature_names().index(name) for name in sentinel.features]
        rows = table[:, :, columns].reshape(-1, len(columns))
        known = (rows != MISSING).all(axis=1)
        assert known.sum() > 0
        assert sentinel.needs_water or known.sum() < len(known), "the filter goes on with one probe"
        verdicts = found[:, :, place].reshape(-1)
        assert (verdicts["class"][~known] == UNKNOWN).all()
        assert np.array_equal(verdicts[known], classify(sentinel.name, rows[known]))


def test_calls_neither_flap_nor_flood() -> None:
    """A call is raised, repeated no sooner than its interval, and cleared before it is raised again."""
    readings = _readings(20, 3000, seed=5)
    _, calls = Nodes([_config(i + 1) for i in range(20)]).run(readings, 0, STEP_S)
    policies = {(s.id, i + 1): p for s in sentinels() for i, p in enumerate(s.policies)}
    open_since: dict[tuple[int, int, int], int] = {}
    last_event: dict[tuple[int, int, int], int] = {}
    for call in calls:
        key, t = (int(call["node"]), int(call["sentinel"]), int(call["class"])), int(call["step"]) * STEP_S
        if call["state"] == 0:
            assert key not in open_since
            open_since[key] = t
        else:
            assert int(call["since_s"]) == t - open_since[key]
        if call["state"] == 1:
            assert t - last_event[key] >= policies[key[1:]].repeat_min * 60 > 0
        if call["state"] == 2:
            assert t - open_since.pop(key) >= policies[key[1:]].clear_delay_min * 60
        last_event[key] = t
    assert {0, 1, 2} == set(calls["state"].tolist())


def test_a_node_runs_only_its_sentinels() -> None:
    verdicts, calls = Nodes([_config(run=(ALL[1],))]).run(_readings(1, 300), 0, STEP_S)
    assert (verdicts["class"][:, :, [0, 2]] == UNKNOWN).all()
    assert (verdicts["class"][:, :, 1] != UNKNOWN).any()
    assert set(calls["sentinel"].tolist()) <= {1}


def test_why_names_features_of_the_sentinel() -> None:
    nodes = Nodes([_config()], outbox_frames=255)
    readings = _readings(1, 900)
    for step in range(900):
        nodes.wake(step * STEP_S, readings[:, step])
    calls = [frame for _, data in nodes.transmit(0) if isinstance(frame := decode(data), CallFrame)]
    assert {"raised", "cleared"} <= {call.state for call in calls}
    for call in calls:
        allowed = next(s.features for s in sentinels() if s.id == call.sentinel)
        assert {w.name for w in call.why} <= set(allowed)
        assert bool(call.why) == (call.state != "cleared")


def test_bulk_work_leaves_other_threads_running() -> None:
    nodes = Nodes([_config(i + 1) for i in range(50)])
    readings = _readings(50, 4000)
    worker = threading.Thread(target=nodes.run, args=(readings, 0, STEP_S))
    worker.start()
    turns = 0
    while worker.is_alive():
        time.sleep(0.001)
        turns += 1
    assert turns > 3


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (NodeConfig(address=0, boot=0, wake_interval_s=600, channels=("battery",)), "address"),
        (NodeConfig(address=1, boot=0, wake_interval_s=59, channels=("battery",)), "wake_interval_s"),
        (NodeConfig(address=1, boot=0, wake_interval_s=600, channels=()), "channel"),
        (NodeConfig(address=1, boot=0, wake_interval_s=600, channels=("battery",), sentinels=("frost",)), "frost"),
        (_config(names=("soil_moisture_30cm",), run=("soil",)), "soil needs the channels soil_moisture_10cm$"),
    ],
)
def test_a_configuration_that_cannot_work_is_named(config: NodeConfig, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Nodes([_config(), config])


def test_an_unknown_channel_is_named() -> None:
    with pytest.raises(FrameError, match="soil_moisture"):
        Nodes([_config(names=("soil_moist",))])
