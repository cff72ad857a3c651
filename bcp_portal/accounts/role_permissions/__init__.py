"""Which role holds which permission, one page for each app."""
