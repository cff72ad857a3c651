"""Verbs of the engine's rows."""
