"""Work on a store as a whole: set up, copied, written to files, filled from files, backed up."""
