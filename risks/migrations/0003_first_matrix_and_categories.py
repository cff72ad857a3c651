"""A new register starts with a matrix and three categories."""

from datetime import UTC, datetime

from django.db import migrations

from risks.default_matrix import CATEGORIES, CELLS, IMPACTS, LEVELS, LIKELIHOODS


def forwards(apps, schema_editor):
    matrix = apps.get_model("risks", "RiskMatrix")
    if not matrix.objects.exists():
        matrix.objects.create(
            version=1,
            name="Siaga",
            likelihoods=LIKELIHOODS,
            impacts=IMPACTS,
            levels=LEVELS,
            cells=CELLS,
            is_active=True,
            activated_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    category = apps.get_model("risks", "RiskCategory")
    for code, name, name_id in CATEGORIES:
        category.objects.get_or_create(code=code, defaults={"name": name, "name_id": name_id})


class Migration(migrations.Migration):
    dependencies = [("risks", "0002_evidence")]

    # Backwards nothing: what a register has used since is not ours to take away.
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
