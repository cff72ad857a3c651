"""Rules that ask the database themselves: one module each, one or two queries each."""
