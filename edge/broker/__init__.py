"""The broker: mosquitto, who may say what to it, and the files that keep it locked."""

from .process import Broker

__all__ = ["Broker"]
