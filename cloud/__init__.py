"""What runs away from the field: training, porting, ingest and the store."""
