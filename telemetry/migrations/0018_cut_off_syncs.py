"""Remember the newest sync that broke off, also after the next one has worked."""

from django.db import migrations, models
from django.db.models import F


def remember_what_is_open(apps, schema_editor):
    """A stream whose newest session broke off keeps its alert."""
    habits = apps.get_model("telemetry", "SyncHabit").objects
    habits.filter(last_outcome="aborted").update(
        cut_off_at=F("last_started_at"), cut_off_heard_at=F("last_started_at")
    )


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0017_waking")]

    operations = [
        migrations.RemoveIndex("synchabit", "sync_habit_cut_off"),
        migrations.RenameField("synchabit", "last_codes", "cut_off_codes"),
        migrations.AddField("synchabit", "cut_off_at", models.DateTimeField(null=True)),
        migrations.AddField("synchabit", "cut_off_heard_at", models.DateTimeField(null=True)),
        migrations.RunPython(remember_what_is_open, migrations.RunPython.noop),
        migrations.RemoveField("synchabit", "last_outcome"),
        migrations.RemoveField("synchabit", "last_trigger"),
        migrations.AddIndex(
            "synchabit",
            models.Index(
                condition=models.Q(("cut_off_at__isnull", False)),
                fields=["device"],
                name="sync_habit_cut_off",
            ),
        ),
    ]
