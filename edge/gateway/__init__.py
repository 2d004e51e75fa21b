"""Frames from a link, on disk before they are acknowledged, published over MQTT until ingest has them."""
