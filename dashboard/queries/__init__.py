"""What the pages ask: farm.yaml and the store in, plain values out, shared for seconds. The store downsamples."""
