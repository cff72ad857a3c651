"""A browser is a way to be reached, too: its address is long, and it brings two keys."""

from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("mail", "Mail"),
    ("webhook", "Webhook"),
    ("chat", "Chat or SMS"),
    ("push", "Push message"),
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_verified_contacts")]

    operations = [
        migrations.RemoveConstraint("contactmethod", "contact_kind_known"),
        migrations.AddField(
            "contactmethod", "push_keys", models.CharField(blank=True, max_length=150)
        ),
        migrations.AlterField("contactmethod", "address", models.CharField(max_length=1000)),
        migrations.AlterField(
            "contactmethod", "kind", models.CharField(choices=KINDS, max_length=10)
        ),
        migrations.AddConstraint(
            "contactmethod",
            models.CheckConstraint(
                condition=Q(kind__in=[kind for kind, _label in KINDS]), name="contact_kind_known"
            ),
        ),
    ]
