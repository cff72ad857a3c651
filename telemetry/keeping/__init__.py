"""How samples are kept: packed when their day is over, thinned in levels, forgotten in order."""
