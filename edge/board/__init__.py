"""What goes onto a node's board: its program, how it is burnt, what it costs in bytes and charge."""
