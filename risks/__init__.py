"""What could happen, how bad it would be, and what is done about it."""
