"""What runs beside the field: the node core, the links, the gateway, and the contract with the cloud."""
