"""Channels carry a notice to a person, and translate every failure to an OSError."""
