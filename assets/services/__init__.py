"""The verbs of sites, assets and targets: the only writers of this room."""
