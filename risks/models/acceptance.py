"""Somebody says: we live with this risk, until then."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models.risk import Risk


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    """Sets of acceptances."""

    def standing(self) -> Self:
        """Acceptances that have not ended."""
        return self.filter(ended_at=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch acceptances."""
        return self.filter(risk__in=Risk.objects.visible_to(user))

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("risk", "accepted_by")


class Acceptance(models.Model):
    """A name and an expiry; when it ends, the risk is open again."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="acceptances")
    reason = models.TextField(_("reason"))
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField(_("accepted at"))
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
                violation_error_message=_("This risk is already accepted."),
                fields=["risk"],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="acceptance_ends_after_it_begins",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("accepted_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk_id} until {self.expires_on}"
