"""Pages of alerts, incidents, playbooks, calls and reviews."""
