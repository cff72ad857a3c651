"""Channels carry a letter to an address, and translate every failure to an OSError."""

from incidents.channels.dispatch import send_letter
from incidents.channels.letter import ChannelError, Letter, write_letter

__all__ = ["ChannelError", "Letter", "send_letter", "write_letter"]
