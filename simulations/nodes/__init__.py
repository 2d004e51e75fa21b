"""What stands in the field: sensors and their faults, cells and what a node uses."""
