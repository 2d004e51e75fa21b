"""The way from a node to the gateway: the simulated radio, bad air, loss."""
