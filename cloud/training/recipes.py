"""What each sentinel is made of: its classes, its features, how far ahead it is taught to call.

Features and horizons were chosen on the validation seasons: of the core's features, those that could not be left out
one after the other without more cost (edge/contract/kinds.toml).
"""

from dataclasses import dataclass

from edge.contract.kinds import Kind, kinds


@dataclass(frozen=True, kw_only=True)
class Target:
    """A kind of trouble as a class of a sentinel, and its forecast horizon: how many hours ahead of the trouble the
    sentinel is taught to call."""

    name: str
    horizon_h: float

    @property
    def trouble(self) -> Kind:
        """Its row of kinds.toml."""
        return kinds()[self.name]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A sentinel. Where two kinds happen at once the earlier in `targets` is the class."""

    id: int
    name: str
    targets: tuple[Target, ...]
    features: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, class 0 first."""
        return ("ok", *(k.name for k in self.targets))


RECIPES = (
    Recipe(
        id=0,
        name="soil",
        targets=(
            Target(name="too_dry", horizon_h=18),
            Target(name="waterlogged", horizon_h=12),
        ),
        features=(
            "water_depletion",
            "water_hours_left",
            "water_air",
            "water_hours_dry",
        ),
    ),
    Recipe(
        id=1,
        name="ethylene",
        targets=(Target(name="ripening", horizon_h=36),),
        features=(
            "ethylene_5d",
            "ethylene_change_day",
            "ethylene_ratio_day",
            "ethylene_ratio_5d",
            "ethylene_day",
            "ethylene_day_max",
            "ethylene_change_3h",
        ),
    ),
    Recipe(
        id=2,
        name="weather",
        targets=(
            Target(name="wind", horizon_h=1),
            Target(name="frost", horizon_h=4),
            Target(name="disease", horizon_h=18),
        ),
        features=(
            "air_temperature",
            "air_temperature_change_3h",
            "air_temperature_day_min",
            "humidity_3h",
            "humidity_share_above_90",
            "wind_3h",
            "gust",
            "gust_day_max",
        ),
    ),
)
