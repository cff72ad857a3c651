"""The verbs of incidents: the only writers in this app."""
