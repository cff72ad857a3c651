"""Addresses of browsers are longer than those of people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0020_switch_orders")]

    operations = [
        migrations.AlterField("delivery", "address", models.CharField(max_length=1000)),
    ]
