"""Seasons as they run: in bulk, live through a gateway, recorded, reported, as a demo."""
