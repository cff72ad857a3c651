"""The authority matrix, and one more right that a step may ask for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0021_long_addresses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="runstep",
            name="right",
            field=models.CharField(
                blank=True,
                choices=[
                    ("incidents.run_incident", "May command an incident"),
                    ("incidents.close_incident", "May close an incident"),
                    ("incidents.publish_update", "May speak to people outside the room"),
                    ("telemetry.enrol_device", "May enrol and revoke devices"),
                    ("telemetry.give_order", "May order sites to freeze or to work offline"),
                    ("incidents.publish_playbook", "May approve playbooks"),
                ],
                max_length=100,
            ),
        ),
        migrations.AlterField(
            model_name="step",
            name="right",
            field=models.CharField(
                blank=True,
                choices=[
                    ("incidents.run_incident", "May command an incident"),
                    ("incidents.close_incident", "May close an incident"),
                    ("incidents.publish_update", "May speak to people outside the room"),
                    ("telemetry.enrol_device", "May enrol and revoke devices"),
                    ("telemetry.give_order", "May order sites to freeze or to work offline"),
                    ("incidents.publish_playbook", "May approve playbooks"),
                ],
                max_length=100,
            ),
        ),
        migrations.CreateModel(
            name="AuthorityMatrix",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("cells", models.JSONField()),
                ("reason", models.CharField(max_length=300)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
