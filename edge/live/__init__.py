"""Commands at a node that runs: watch it, calibrate its probes, change its settings and sentinels."""
