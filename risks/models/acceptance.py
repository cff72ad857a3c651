"""Somebody says: we live with this risk, until then, or until this happens."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models.indicator import Indicator
from risks.models.risk import Risk


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    """Sets of acceptances."""

    def standing(self) -> Self:
        """Acceptances that hold: somebody has given their name, and they have not ended."""
        return self.filter(ended_at=None, accepted_at__isnull=False)

    def waiting(self) -> Self:
        """Acceptances that somebody has asked for and nobody has decided."""
        return self.filter(ended_at=None, accepted_at=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch acceptances."""
        return self.filter(risk__in=Risk.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a list row shows, in two queries."""
        people = self.select_related("risk", "accepted_by", "asked_by", "approver")
        return people.prefetch_related("tripwires__indicator")


class Acceptance(models.Model):
    """Asked for by one person, given by another; when it ends, the risk is open again."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="acceptances")
    reason = models.TextField(_("reason"))
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    approver = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="acceptances_to_decide", null=True, blank=True
    )
    accepted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="acceptances", null=True, blank=True
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_because = models.CharField(_("ended because"), max_length=200, blank=True)

    objects = AcceptanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        constraints = [
            models.UniqueConstraint(
                name="acceptance_one_standing_per_risk",
                violation_error_message=_("This risk is already accepted, or asked to be."),
                fields=["risk"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="acceptance_ends_after_it_begins",
                condition=Q(ended_at=None)
                | Q(accepted_at=None)
                | Q(ended_at__gte=F("accepted_at")),
            ),
            models.CheckConstraint(
                name="acceptance_given_by_a_person",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="acceptance_approver_is_not_the_asker",
                condition=Q(asked_by=None) | Q(accepted_by=None) | ~Q(asked_by=F("accepted_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk_id} until {self.expires_on}"

    @property
    def state(self) -> str:
        """Asked, standing, refused or ended, as a word."""
        if self.ended_at is None:
            return "standing" if self.accepted_at else "waiting"
        return "ended" if self.accepted_at else "refused"


class TripwireKind(models.TextChoices):
    """What ends an acceptance before its date."""

    INDICATOR = "indicator", _("An indicator past its limit")
    INCIDENTS = "incidents", _("So many incidents")
    EXERCISE = "exercise", _("A failed exercise")


class Tripwire(models.Model):
    """One thing that, when it happens, opens an accepted risk again."""

    acceptance = models.ForeignKey(Acceptance, on_delete=models.CASCADE, related_name="tripwires")
    kind = models.CharField(_("kind"), max_length=12, choices=TripwireKind.choices)
    indicator = models.ForeignKey(
        Indicator, on_delete=models.PROTECT, null=True, blank=True, related_name="tripwires"
    )
    count = models.PositiveSmallIntegerField(_("incidents"), null=True, blank=True)
    sprung_at = models.DateTimeField(_("sprung at"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="tripwire_says_what_springs_it",
                condition=Q(kind="indicator", indicator__isnull=False, count=None)
                | Q(kind="incidents", indicator=None, count__gte=1)
                | Q(kind="exercise", indicator=None, count=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.indicator_id or self.count or ''}".strip()
