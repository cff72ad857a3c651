"""Evidence by clause: what standards and the law ask for, and what the portal can show of it."""
