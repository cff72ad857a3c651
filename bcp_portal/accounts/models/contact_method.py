"""A way to reach a person, in the order in which to try."""

from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from django.db import models
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models.user import User
from bcp_portal.shared.hashing import keyed_hash


class ContactKind(models.TextChoices):
    """How a message travels."""

    MAIL = "mail", _("Mail")
    WEBHOOK = "webhook", _("Webhook")
    CHAT = "chat", _("Chat or SMS")
    PUSH = "push", _("Push message")


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
    address = models.CharField(max_length=1000)
    # Of a browser that takes messages: its public key and its secret, as it told them.
    push_keys = models.CharField(max_length=150, blank=True)
    position = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    # A code was sent there and entered here: until then a slip of the pen may lead to a stranger.
    verified_at = models.DateTimeField(null=True, blank=True)
    code_sent_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    # Between these hours of the owner's day only calls come this way.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

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
        return f"{self.get_kind_display()} {self.address_said}"

    @property
    def address_said(self) -> str:
        """The address for people; of the long one of a browser no more than where and which."""
        if self.kind != ContactKind.PUSH:
            return self.address
        return f"{urlsplit(self.address).hostname or ''} …{self.address[-4:]}"

    @property
    def code(self) -> str:
        """The six figures that prove that a message arrived; new with each sending."""
        asked = f"{self.pk}:{self.kind}:{self.address}:{self.code_sent_at}"
        return f"{int(keyed_hash('contact-code', asked)[:12], 16) % 10**6:06d}"

    def is_quiet(self, at: datetime) -> bool:
        """Whether its owner wants to be left alone now; calls come all the same."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        now = at.astimezone(self.user.zone()).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= now < self.quiet_until
        return now >= self.quiet_from or now < self.quiet_until
