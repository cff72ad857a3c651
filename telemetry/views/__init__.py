"""Pages about sites, devices and what they report."""
