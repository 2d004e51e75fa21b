"""What is burnt into a node, from farm.yaml: the one place that turns a farm's node into the core's configuration; and
how a board differs from it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ..agronomy.crops import crop, soil
from ..core import OPEN_KEY, NodeConfig, Site
from ..farm import Farm, Node, Zone
from .keys import Enrolled


def site_of(zone: Zone, on: date) -> Site:
    """The soil and crop a zone's soil probes stand in, for a node that is programmed on that day; the core's defaults
    in a store."""
    if zone.soil is None:
        return Site()
    texture, grown = soil(zone.soil), crop(zone.crop)
    return Site(
        field_capacity=texture.field_capacity,
        wilting_point=texture.wilting_point,
        saturation=texture.saturation,
        depletion_fraction=grown.p,
        planted_days=grown.days_after_planting(on, zone.planted),
        stages=grown.stages,
        kcb=grown.kcb,
        root_m=grown.root_m,
        drainage_h=texture.drainage_h,
        planted_on=grown.planted_on(zone.planted),
    )


def days_since_2000(on: date) -> int:
    """How boards count days."""
    return (on - date(2000, 1, 1)).days


def node_config(
    farm: Farm, node: Node, on: date, *, boot: int = 1, enrolled: Enrolled | None = None, resend_after_s: int = 0
) -> NodeConfig:
    """Configuration of one node of a farm that is programmed on that day; without `enrolled` it speaks with the open
    key. A simulated one counts the days by itself."""
    site = site_of(farm.zone_by_id[node.zone], on)
    return NodeConfig(
        address=node.address,
        incarnation=enrolled.incarnation if enrolled else 1,
        key=enrolled.key if enrolled else OPEN_KEY,
        boot=boot,
        wake_interval_s=node.wake_interval_s,
        resend_after_s=resend_after_s,
        channels=node.channels,
        site=site if node.board == "gateway" else replace(site, planted_on=0),
        changes=node.policy_changes,
        sentinels=node.sentinels,
    )


def other_sensors(node: Node, channels: Iterable[str]) -> str | None:
    """How the channels that a node says it measures differ from farm.yaml's; None when they do not."""
    told = set(channels)
    parts = [
        f"{verb} {', '.join(sorted(names))}"
        for verb, names in (("measures", told - set(node.channels)), ("does not measure", set(node.channels) - told))
        if names
    ]
    return f"{node.id} {' and '.join(parts)}, otherwise than farm.yaml says" if parts else None
