"""The node in C99; what runs on this computer finds its files here, in a checkout and in an installed wheel alike."""

from pathlib import Path

FIRMWARE = Path(__file__).parent
