"""The verbs of risks: the only writers of this room."""
