"""What a reader says: whether a call was right, and what was done on a block."""
