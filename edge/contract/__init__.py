"""The words both sides share: channels, messages, topics, health, errors. Standard library only; imports nothing of
Cooee."""
