"""What the store's readings, records and a weather service come to for a block: its water, nights and probes."""
