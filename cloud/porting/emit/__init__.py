"""From what is ported to C text."""
