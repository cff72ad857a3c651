"""A way to reach a person, in the order in which to try."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models.user import User


class ContactKind(models.TextChoices):
    """How a message travels."""

    MAIL = "mail", _("Mail")
    WEBHOOK = "webhook", _("Webhook")
    CHAT = "chat", _("Chat or SMS")


class ContactMethodQuerySet(models.QuerySet["ContactMethod"]):
    """Sets of ways to reach people."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch them: everybody keeps their own."""
        return self.filter(user=user).order_by("position", "pk")

    def usable(self) -> Self:
        """Those that may be tried, the preferred first."""
        return self.filter(is_active=True).order_by("user_id", "position", "pk")


class ContactMethod(models.Model):
    """One address of one person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contact_methods")
    kind = models.CharField(max_length=10, choices=ContactKind.choices)
    address = models.CharField(max_length=500)
    position = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)

    objects = ContactMethodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contact_method_once_for_a_person", fields=["user", "kind", "address"]
            ),
            models.CheckConstraint(
                name="contact_kind_known", condition=models.Q(kind__in=ContactKind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.address}"
