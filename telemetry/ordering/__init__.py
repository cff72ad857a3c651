"""Orders without the database: how dangerous one is, what several add up to, how one is signed."""
