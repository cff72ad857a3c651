"""Ways to be reached are verified; the mail of an account was, when its owner was let in."""

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Now


def trust_mail_of_accounts(apps, schema_editor):
    """Whoever could sign in had opened the invitation that went there."""
    methods = apps.get_model("accounts", "ContactMethod").objects
    own = methods.filter(kind="mail", address=F("user__email")).values("pk")
    methods.filter(pk__in=list(own.values_list("pk", flat=True))).update(verified_at=Now())


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_training")]

    operations = [
        migrations.AddField(
            "contactmethod", "verified_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "contactmethod", "code_sent_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "contactmethod", "code_tries", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField("contactmethod", "quiet_from", models.TimeField(blank=True, null=True)),
        migrations.AddField(
            "contactmethod", "quiet_until", models.TimeField(blank=True, null=True)
        ),
        migrations.RunPython(trust_mail_of_accounts, migrations.RunPython.noop, elidable=True),
    ]
