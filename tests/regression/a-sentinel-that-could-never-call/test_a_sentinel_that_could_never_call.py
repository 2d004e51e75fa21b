"""The Uno's example ran the weather sentinel without the wind: a feature was always missing, and it never called."""

import pytest

from edge.core import NodeConfig, Nodes

CHANNELS = ("soil_moisture_10cm", "soil_moisture_30cm", "air_temperature", "humidity", "battery")


def _node(channels: tuple[str, ...]) -> NodeConfig:
    return NodeConfig(address=1, boot=1, wake_interval_s=600, channels=channels, sentinels=("soil", "weather", "wind"))


def test_a_node_without_gusts_refuses_the_sentinel_of_wind() -> None:
    with pytest.raises(ValueError, match=r"sentinel wind needs the channels gust$"):
        Nodes([_node(CHANNELS)])
    assert len(Nodes([_node((*CHANNELS, "gust"))])) == 1
