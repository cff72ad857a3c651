"""The API of risks, controls and acceptances."""
