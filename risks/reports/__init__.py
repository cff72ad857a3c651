"""What the register looks like on paper."""
