"""Steps that were settled before there was a log get the operation that settled them."""

import uuid

from django.db import migrations

NAMESPACE = uuid.UUID("5f0f5b36-6f38-4a86-9f0a-6c1f5f3d0a11")


def log_settled_steps(apps, schema_editor):
    step_model = apps.get_model("incidents", "RunStep")
    operation_model = apps.get_model("incidents", "Operation")
    settled = step_model.objects.filter(status__in=["done", "skipped"], operations=None)
    rows = [
        operation_model(
            op_id=uuid.uuid5(NAMESPACE, str(step.pk)),
            incident_id=step.phase.run.incident_id,
            run_id=step.phase.run_id,
            step=step,
            kind="tick" if step.status == "done" else "skip",
            payload=(
                {"chosen": step.chosen, "note": step.note}
                if step.status == "done"
                else {"reason": step.skip_reason}
            ),
            actor_id=step.done_by_id,
            clock=f"{int(step.done_at.timestamp() * 1000):013d}-00000-portal",
            happened_at=step.done_at,
            uncertainty_ms=0,
            received_at=step.done_at,
            outcome="applied",
        )
        for step in settled.select_related("phase__run").order_by("done_at", "pk")
    ]
    operation_model.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0005_operation_log"),
    ]

    operations = [
        migrations.RunPython(log_settled_steps, migrations.RunPython.noop),
    ]
