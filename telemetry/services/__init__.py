"""Verbs of what the sites tell us."""
