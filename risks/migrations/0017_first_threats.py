"""A register begins with a catalogue of threats."""

from django.db import migrations

from risks.default_matrix import THREATS


def forwards(apps, schema_editor):
    threats = apps.get_model("risks", "Threat").objects
    for code, name, name_id in THREATS:
        threats.get_or_create(code=code, defaults={"name": name, "name_id": name_id})


class Migration(migrations.Migration):
    dependencies = [("risks", "0016_threats_and_partners")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
