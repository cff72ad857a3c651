"""The arithmetic of conflicts: what differs, which rule settles it, and why a person must."""
