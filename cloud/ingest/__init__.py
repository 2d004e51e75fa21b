"""MQTT to store: a message is acknowledged once it is committed."""
