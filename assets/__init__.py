"""What we have, and how fast it must come back."""
