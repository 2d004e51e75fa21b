"""The built-in sentinels keep the contract of firmware/include/cooee/sentinel.h."""

import numpy as np
import pytest

from edge.contract.channels import MISSING, channel_names
from edge.core import Sentinel, classify, feature_names, features, sentinels
from tests.edge.core.field_site import SITE


def test_the_sentinels_are_built_in() -> None:
    assert [(s.id, s.name) for s in sentinels()] == [(0, "soil"), (1, "ethylene"), (2, "weather"), (3, "wind")]


@pytest.mark.parametrize("sentinel", sentinels(), ids=lambda s: s.name)
def test_a_sentinel_is_whole(sentinel: Sentinel) -> None:
    assert sentinel.classes[0] == "ok"
    assert len(set(sentinel.classes)) == len(sentinel.classes) == len(sentinel.policies) + 1
    assert set(sentinel.features) <= set(feature_names())
    assert len(sentinel.normals) == len(sentinel.features)
    for policy in sentinel.policies:
        assert 0 < policy.keep_percent <= policy.raise_percent <= 100


@pytest.mark.parametrize("sentinel", sentinels(), ids=lambda s: s.name)
def test_all_is_well_at_the_normal_values(sentinel: Sentinel) -> None:
    assert classify(sentinel.name, np.array([sentinel.normals], dtype=np.int16))["class"].tolist() == [0]


@pytest.mark.parametrize("sentinel", sentinels(), ids=lambda s: s.name)
def test_its_channels_are_those_without_which_a_feature_is_missing(sentinel: Sentinel) -> None:
    plausible = np.array([2000, 2000, 1500, 500, 1200, 7500, 400, 900, 20, 10_130, 3700, 400, 2000], dtype=np.int16)
    without = np.tile(plausible, (len(plausible), 1, 1))
    without[range(len(plausible)), 0, range(len(plausible))] = MISSING
    if sentinel.needs_water:  # which goes on with one of its probes: here either takes the other along
        without[:2, 0, :2] = MISSING
    columns = [feature_names().index(name) for name in sentinel.features]
    missing = (features(without, step_s=600, sites=[SITE] * len(without))[:, 0, columns] == MISSING).any(axis=1)
    assert sentinel.channels == tuple(np.array(channel_names())[missing])


def test_rows_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="soil needs int16 rows"):
        classify("soil", np.zeros((3, 1), dtype=np.int16))
    with pytest.raises(KeyError):
        classify("frost", np.zeros((3, 1), dtype=np.int16))
