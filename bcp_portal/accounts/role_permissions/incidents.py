"""Who may do what in incidents: permission -> the roles that hold it."""

PERMISSIONS: dict[str, str] = {}
