"""Notifications: what the farm view says, told to people by mail, SMS and chat until somebody answers
(docs/NOTIFY.md)."""
