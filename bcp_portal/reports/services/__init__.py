"""Verbs of a report on file."""
