"""The API of assets, dependencies and recovery targets."""
