"""Verbs of the trail itself: its keys, its signed statements, its walks, what is forgotten."""
