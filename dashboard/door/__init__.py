"""Who may read the page, and who stands before it: the gate, users and their passwords, identity providers."""
