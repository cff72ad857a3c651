"""Channels carry a letter to an address, and translate every failure to an OSError."""

from incidents.channels.dispatch import send_letter
from incidents.channels.letter import ChannelError, GoneError, Letter, write_letter

__all__ = ["ChannelError", "GoneError", "Letter", "send_letter", "write_letter"]
