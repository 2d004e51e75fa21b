"""What each sentinel is made of: its classes, its features, how far ahead it is taught to call.

Features and horizons were chosen on the validation seasons: of the core's features, those that could not be left out
one after the other without more cost (edge/contract/kinds.toml).
"""

from dataclasses import dataclass

from edge.contract.kinds import Kind, kinds


@dataclass(frozen=True, kw_only=True)
class Target:
    """A kind of trouble as a class of a sentinel, and its forecast horizon: how many hours ahead of the trouble the
    sentinel is taught to call. `close_too`: it is taught to call while the zone is close to it, too; such a call is
    grey (docs/SPEC.md)."""

    name: str
    horizon_h: float
    close_too: bool = False

    @property
    def trouble(self) -> Kind:
        """Its row of kinds.toml."""
        return kinds()[self.name]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A sentinel. Where two kinds happen at once the earlier in `targets` is the class. `leaves`: sizes of tree that
    are tried; one of 48 leaves is about 700 bytes on an 8-bit processor. `chosen_on`: splits of the seasons on which
    size, weights and alarm policies are chosen, and the baseline."""

    id: int
    name: str
    targets: tuple[Target, ...]
    features: tuple[str, ...]
    leaves: tuple[int, ...] = (32, 48)
    chosen_on: tuple[str, ...] = ("validation",)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, class 0 first."""
        return ("ok", *(k.name for k in self.targets))


RECIPES = (
    Recipe(
        id=0,
        name="soil",
        targets=(
            Target(name="too_dry", horizon_h=36),
            Target(name="waterlogged", horizon_h=24),
        ),
        features=(
            "water_depletion",
            "water_hours_left",
            "water_air",
            "water_hours_dry",
            "soil_deficit_own_10cm",
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
            Target(name="frost", horizon_h=6, close_too=True),
            Target(name="disease", horizon_h=24),
        ),
        features=(
            "air_temperature_min_6h",
            "humidity_share_above_90",
            "air_temperature_hours_above_10",
        ),
        leaves=(16,),
        # Frosts of the validation seasons are all of generated nights; those of measured hours are in train.
        chosen_on=("train", "validation"),
    ),
    # On its own, so that frost and disease weather need no anemometer.
    Recipe(
        id=3,
        name="wind",
        targets=(Target(name="wind", horizon_h=1),),
        features=("gust",),
        leaves=(4, 8),
        # Validation alone does not tell these trees apart.
        chosen_on=("train", "validation"),
    ),
)
