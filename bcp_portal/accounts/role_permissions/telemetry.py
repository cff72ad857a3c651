"""Who may do what in telemetry: permission -> the roles that hold it."""

PERMISSIONS: dict[str, str] = {}
