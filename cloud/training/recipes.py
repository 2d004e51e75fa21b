"""What each sentinel is made of: its classes, its features, how far ahead it is taught to call, what a mistake costs.

Features and hours were chosen on the seasons to choose on: of the core's features, those that could not be left out one
after the other without more cost.
"""

from dataclasses import dataclass

MISSED_COST, LATE_COST, FALSE_COST = 5.0, 3.0, 1.0
"""A missed trouble costs as much as five false calls: the one loses part of a crop, the other a walk to the field. One
that is called too late to act costs as much as three."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A class of a sentinel: how many hours ahead of the trouble it is taught to call, how many a farmer needs to act,
    and the features on which its opponent, the best fixed threshold, may be set (`above` or below)."""

    name: str
    ahead_h: float
    needed_h: float
    opponents: tuple[str, ...]
    above: bool


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A sentinel. Where two kinds happen at once the earlier in `kinds` is the class."""

    id: int
    name: str
    kinds: tuple[Kind, ...]
    features: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, class 0 first."""
        return ("ok", *(k.name for k in self.kinds))


RECIPES = (
    Recipe(
        id=0,
        name="soil",
        kinds=(
            Kind(
                name="too_dry",
                ahead_h=18,
                needed_h=6,
                above=True,
                opponents=(
                    "soil_deficit_30cm",
                    "soil_deficit_10cm",
                    "soil_depletion_30cm",
                    "soil_deficit_own_10cm",
                    "soil_deficit_own_30cm",
                ),
            ),
            Kind(
                name="waterlogged",
                ahead_h=12,
                needed_h=6,
                above=False,
                opponents=("soil_air_30cm", "soil_air_10cm", "soil_air_day_30cm"),
            ),
        ),
        features=(
            "soil_deficit_10cm",
            "soil_deficit_30cm",
            "soil_depletion_day_30cm",
            "soil_air_10cm",
            "soil_air_30cm",
            "soil_air_day_10cm",
            "soil_air_day_30cm",
            "soil_loss_5d_30cm",
            "soil_deficit_own_10cm",
            "soil_deficit_own_30cm",
        ),
    ),
    Recipe(
        id=1,
        name="ethylene",
        kinds=(
            Kind(
                name="ripening",
                ahead_h=36,
                needed_h=12,
                above=True,
                opponents=("ethylene_3h", "ethylene_day", "ethylene_ratio_5d"),
            ),
        ),
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
        kinds=(
            Kind(name="wind", ahead_h=1, needed_h=0, above=True, opponents=("gust", "gust_3h")),
            Kind(name="frost", ahead_h=4, needed_h=2, above=False, opponents=("air_temperature", "dew_point")),
            Kind(
                name="disease",
                ahead_h=18,
                needed_h=6,
                above=True,
                opponents=("humidity_share_above_90", "humidity_day"),
            ),
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
