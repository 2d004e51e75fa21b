"""Hardware-aware search: which classifier of all kinds is best on a board, by what each really costs there."""
