"""A site with a crop of 145 days, 20 days after planting."""

from edge.core import Site

SITE = Site(
    field_capacity=0.24,
    wilting_point=0.10,
    saturation=0.44,
    depletion_fraction=0.4,
    planted_days=20,
    stages=(30, 40, 45, 30),
    kcb=(0.15, 1.1, 0.7),
    root_m=(0.25, 0.7),
    drainage_h=30,
)
