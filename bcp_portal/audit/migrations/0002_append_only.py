"""The trail refuses UPDATE and DELETE, whoever asks."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_POSTGRES = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_auditrow
FOR EACH ROW EXECUTE FUNCTION audit_refuse();
"""
_POSTGRES_BACK = """
DROP TRIGGER audit_append_only ON audit_auditrow;
DROP FUNCTION audit_refuse();
"""
_SQLITE = [
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit_auditrow "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit_auditrow "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
]


def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the triggers."""
    if editor.connection.vendor == "postgresql":
        editor.execute(_POSTGRES)
        return
    for statement in _SQLITE:
        editor.execute(statement)


def backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take them away."""
    if editor.connection.vendor == "postgresql":
        editor.execute(_POSTGRES_BACK)
        return
    for name in ("audit_no_update", "audit_no_delete"):
        editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    """Triggers on both stores."""

    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
