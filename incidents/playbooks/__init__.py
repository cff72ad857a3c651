"""The playbooks that come ready, as data."""
