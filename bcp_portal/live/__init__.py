"""Server-sent events: what changed, and to whom it may be shown."""
