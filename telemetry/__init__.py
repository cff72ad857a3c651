"""What the sites tell us."""
