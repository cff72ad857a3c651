"""What is going on, and what we do about it."""
