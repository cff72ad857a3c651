"""That a person was told today what of the register waits for them, and when they last looked."""

from django.db import models

from bcp_portal.accounts.models import User


class RegisterDigest(models.Model):
    """One message for one person and day, instead of one for each risk."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="register_digests")
    day = models.DateField()
    facts = models.JSONField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="register_digest_once_a_day", fields=["person", "day"])
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.day}"


class RegisterVisit(models.Model):
    """The moment up to which a person has seen what moved in the register."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="register_visit")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} {self.seen_at:%Y-%m-%d %H:%M}"
