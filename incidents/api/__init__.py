"""The incident doors of the API."""
