"""HTML doors of sites, assets and targets."""
