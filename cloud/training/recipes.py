"""What each sentinel is made of: its classes, its features, how far ahead it is to call, what a mistake costs."""

from dataclasses import dataclass

MISSED_COST, LATE_COST, FALSE_COST = 5.0, 3.0, 1.0
"""A missed trouble costs as much as five false calls: the one loses part of a crop, the other a walk to the field. One that is called
too late to act costs as much as three."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A class of a sentinel: how many hours ahead of the trouble it is taught to call, how many a farmer needs to act, and its
    opponent: the best fixed threshold on one feature (`above` or below)."""

    name: str
    ahead_h: float
    needed_h: float
    opponent: str
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
    Recipe(id=0, name="soil", kinds=(
        Kind(name="too_dry", ahead_h=24, needed_h=6, opponent="soil_deficit_30cm", above=True),
        Kind(name="waterlogged", ahead_h=12, needed_h=6, opponent="soil_air_30cm", above=False)),
        features=("soil_deficit_10cm", "soil_deficit_30cm", "soil_depletion_day_10cm", "soil_depletion_day_30cm", "soil_air_10cm",
                  "soil_air_30cm", "soil_air_day_10cm", "soil_air_day_30cm", "soil_loss_day_30cm", "soil_loss_5d_30cm")),
    Recipe(id=1, name="ethylene", kinds=(
        Kind(name="ripening", ahead_h=24, needed_h=12, opponent="ethylene_3h", above=True),),
        features=("ethylene_3h", "ethylene_day", "ethylene_5d", "ethylene_ratio_day", "ethylene_ratio_5d", "ethylene_change_day")),
    Recipe(id=2, name="weather", kinds=(
        Kind(name="wind", ahead_h=1, needed_h=0, opponent="gust", above=True),
        Kind(name="frost", ahead_h=6, needed_h=2, opponent="air_temperature", above=False),
        Kind(name="disease", ahead_h=12, needed_h=6, opponent="humidity_share_above_90", above=True)),
        features=("air_temperature", "air_temperature_change_3h", "air_temperature_change_day", "air_temperature_day_min", "dew_point",
                  "dew_point_depression", "humidity_day", "humidity_share_above_90", "wind_3h", "gust", "gust_3h", "gust_day_max",
                  "pressure_change_3h", "rain_day")),
)
