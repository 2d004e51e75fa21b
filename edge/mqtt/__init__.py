"""MQTT 5 clients of our services and commands."""
