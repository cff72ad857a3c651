"""HTML doors of the risk register."""
