"""The centre's data are gone or old: what the sites still hold, and bringing it back."""
