"""The status page: what it lists, and who hears of news by mail."""

from typing import Self

from django.db import models
from django.db.models import Q

from assets.models import Asset
from bcp_portal.accounts.models import User
from incidents.models.update import StatusUpdate
from incidents.models.wording import BilingualModel


class StatusComponentQuerySet(models.QuerySet["StatusComponent"]):
    """Sets of components."""

    def visible_to(self, user: User) -> Self:
        """What the status page lists is no secret of a site."""
        return self

    def shown(self) -> Self:
        """Those on a page, in the order people gave them."""
        return self.filter(retired_at=None).order_by("position", "name")


class StatusComponent(BilingualModel):
    """One line of the status page, in words that customers use, and the asset behind it."""

    name = models.CharField(max_length=120)
    asset = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="status_components"
    )
    is_public = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=100)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = StatusComponentQuerySet.as_manager()

    def __str__(self) -> str:
        return self.said("name")

    @property
    def code(self) -> str:
        """What people call it."""
        return self.name


class StatusSubscriberQuerySet(models.QuerySet["StatusSubscriber"]):
    """Sets of subscribers."""

    def reading(self) -> Self:
        """Those who said yes twice and have not left."""
        return self.filter(confirmed_at__isnull=False, ended_at=None)


class StatusSubscriber(models.Model):
    """Somebody outside who wants the public updates by mail."""

    address = models.EmailField(unique=True)
    language = models.CharField(max_length=5, default="en")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = StatusSubscriberQuerySet.as_manager()

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """A number: the address belongs to its owner, not into the trail."""
        return f"SUB-{self.pk}"


class StatusMail(models.Model):
    """That one subscriber has been sent one update; nobody is sent the same twice."""

    subscriber = models.ForeignKey(StatusSubscriber, on_delete=models.CASCADE, related_name="mails")
    update = models.ForeignKey(StatusUpdate, on_delete=models.CASCADE, related_name="mails")
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "update"], name="status_mail_once"),
            models.CheckConstraint(
                name="status_mail_sent_or_failed", condition=~Q(sent_at=None) | ~Q(error="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.update_id} → {self.subscriber_id}"
