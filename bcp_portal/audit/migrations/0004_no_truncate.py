"""The trail refuses TRUNCATE too, and signed checkpoints are as unchangeable as the rows."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_POSTGRES = """
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditrow
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_auditcheckpoint
FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_checkpoint_no_truncate BEFORE TRUNCATE ON audit_auditcheckpoint
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
_POSTGRES_BACK = """
DROP TRIGGER audit_checkpoint_no_truncate ON audit_auditcheckpoint;
DROP TRIGGER audit_checkpoint_append_only ON audit_auditcheckpoint;
DROP TRIGGER audit_no_truncate ON audit_auditrow;
"""
_SQLITE = [
    f"CREATE TRIGGER audit_checkpoint_no_{what.lower()} BEFORE {what} ON audit_auditcheckpoint "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for what in ("UPDATE", "DELETE")
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
    for what in ("update", "delete"):
        editor.execute(f"DROP TRIGGER audit_checkpoint_no_{what}")


class Migration(migrations.Migration):
    """Triggers on both stores."""

    dependencies = [("audit", "0003_signed_checkpoints")]

    operations = [migrations.RunPython(forwards, backwards)]
