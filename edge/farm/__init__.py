"""farm.yaml: the farm, its zones (crop, soil) and its nodes (board, sensors, position, link), validated.

`load_farm` raises FarmError with one line a fault: the file's line, the field, what was found and what is allowed.
"""

from .farm import Farm, ForecastSource, Keep, Language, Units, node_named
from .node import SENSORS, Node
from .text import FARM_FILE, load_farm, parse_farm, sample_farm_text
from .zone import ColdStore, Zone

__all__ = [
    "FARM_FILE",
    "SENSORS",
    "ColdStore",
    "Farm",
    "ForecastSource",
    "Keep",
    "Language",
    "Node",
    "Units",
    "Zone",
    "load_farm",
    "node_named",
    "parse_farm",
    "sample_farm_text",
]
