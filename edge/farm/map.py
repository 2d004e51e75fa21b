"""The farm's map: outlines of its blocks, from farm.yaml and from a GeoJSON file, in metres from the farm's corner."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import cos, hypot, isfinite, radians
from pathlib import Path
from typing import Any

from ..contract.errors import CooeeError
from ..edited_file import edited_text, why_unreadable
from .farm import Farm
from .fields import MOST_CORNERS, Ring
from .zone import Zone

Outline = tuple[Ring, ...]
"""A block's rings: fields that lie apart, and holes in them (what an odd number of rings surrounds belongs to it)."""

EARTH_M = 6_371_008.8
"""Mean radius (IUGG)."""
LARGEST_FARM_M = 100_000


class MapError(CooeeError):
    """The farm's GeoJSON file cannot be used."""


def map_file(farm: Farm, farm_file: Path) -> Path | None:
    """Where the farm's GeoJSON file is: `map` counts from the folder of farm.yaml."""
    return farm_file.parent / farm.map if farm.map else None


def outlines(farm: Farm, file: Path | None) -> dict[str, Outline]:
    """Zone -> its outline, of those that have one; that of farm.yaml stands above that of the GeoJSON file. Raises
    MapError."""
    drawn = {zone.id: (zone.outline,) for zone in farm.zones if zone.outline}
    return (read_geojson(file, farm) if file else {}) | drawn


def read_geojson(file: Path, farm: Farm) -> dict[str, Outline]:
    """Zone -> outline by the features (RFC 7946) whose `name` is a zone's name or id; MapError says in one line what is
    wrong. Others are passed over: a map shows roads and ponds too."""
    try:
        data = json.loads(edited_text(file))
        features = [(_name(feature), feature) for feature in data["features"]]
    except OSError as error:
        raise MapError(
            f"{file}: cannot be read ({error.strerror}): mend `map:` in farm.yaml, or leave it out"
        ) from None
    except UnicodeDecodeError as error:
        raise MapError(f"{file}: cannot be read ({why_unreadable(error)})") from None
    except (ValueError, RecursionError) as error:
        raise MapError(f"{file}: is not JSON ({str(error)[:80]}): export it anew as GeoJSON") from None
    except (TypeError, LookupError, AttributeError):
        raise MapError(f"{file}: is not a GeoJSON FeatureCollection: export it anew as GeoJSON") from None
    found: dict[str, Outline] = {}
    for zone in farm.zones:
        for name, feature in features:
            if name in (zone.name.casefold(), zone.id):
                found[zone.id] = (*found.get(zone.id, ()), *_outline(file, zone, feature, farm))
    if not found:
        names = ", ".join(zone.name for zone in farm.zones[:6])
        raise MapError(f"{file}: no feature has the name of a zone: give them the property `name`, as in {names}")
    return found


def _name(feature: Any) -> str:
    return str((feature["properties"] or {}).get("name", "")).strip().casefold()


def _outline(file: Path, zone: Zone, feature: Mapping[str, Any], farm: Farm) -> Iterator[Ring]:
    where = f"{file}: {zone.name}"
    geometry: Any = feature.get("geometry")
    shape = geometry.get("type") if isinstance(geometry, dict) else None
    if shape not in ("Polygon", "MultiPolygon"):
        raise MapError(f"{where}: is a {shape or 'feature without a shape'}: draw it as a polygon")
    polygons = geometry.get("coordinates")
    try:
        for polygon in [polygons] if shape == "Polygon" else polygons:
            for ring in polygon:
                yield _ring(where, [(_finite(point[0]), _finite(point[1])) for point in ring], farm)
    except (TypeError, ValueError, OverflowError, LookupError):
        raise MapError(f"{where}: its coordinates are not lists of [longitude, latitude]: export it anew") from None


def _finite(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(value)
    return number


def _ring(where: str, points: Sequence[tuple[float, float]], farm: Farm) -> Ring:
    """A ring in metres east and north of the farm's latitude and longitude, on a sphere."""
    corners = points[:-1] if points[:1] == points[-1:] else points
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise MapError(f"{where}: a ring has {len(corners)} corners: 3 to {MOST_CORNERS} can be drawn")
    metres_north = radians(EARTH_M)
    metres_east = metres_north * cos(radians(farm.latitude))
    ring = tuple(((lon - farm.longitude) * metres_east, (lat - farm.latitude) * metres_north) for lon, lat in corners)
    furthest = max(hypot(*corner) for corner in ring)
    if furthest > LARGEST_FARM_M:
        raise MapError(
            f"{where}: lies {furthest / 1000:.0f} km from the latitude and longitude in farm.yaml: GeoJSON writes "
            "[longitude, latitude] in degrees"
        )
    return ring
