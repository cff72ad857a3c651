"""Risks that were judged by the matrix of their category go on being judged by it."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def take_from_category(apps, schema_editor):
    risks = apps.get_model("risks", "Risk").objects
    categories = apps.get_model("risks", "RiskCategory").objects
    family = categories.filter(pk=OuterRef("category")).values("matrix_family")
    risks.update(matrix_family=Subquery(family))


class Migration(migrations.Migration):
    dependencies = [("risks", "0014_units")]

    operations = [migrations.RunPython(take_from_category, migrations.RunPython.noop)]
