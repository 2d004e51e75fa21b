"""History: what happened to a block and what was measured there, drawn here as SVG under words of HTML."""
