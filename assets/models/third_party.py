"""Somebody outside on whom we depend: contract, contact and the way out."""

from datetime import date, timedelta
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User


class ThirdPartyQuerySet(models.QuerySet["ThirdParty"]):
    """Sets of third parties."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch them: known to everybody who sees assets at all."""
        return self if user.has_perm("assets.view_thirdparty") else self.none()


class ThirdParty(models.Model):
    """A company that runs something for us, and how we would do without it."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=160)
    contract = models.CharField(_("contract"), max_length=120, blank=True)
    contract_ends_on = models.DateField(_("contract ends on"), null=True, blank=True)
    notice_days = models.PositiveIntegerField(_("days of notice"), null=True, blank=True)
    promised_rto = models.DurationField(_("back within, by contract"), null=True, blank=True)
    contact = models.CharField(_("contact"), max_length=160, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("mail"), blank=True)
    exit_plan = models.TextField(_("how we get out"), blank=True)

    objects = ThirdPartyQuerySet.as_manager()

    class Meta:
        verbose_name = _("third party")
        verbose_name_plural = _("third parties")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def notice_by(self) -> date | None:
        """The last day on which the contract can be ended in time; unknown if a date is."""
        if self.contract_ends_on is None or self.notice_days is None:
            return None
        return self.contract_ends_on - timedelta(days=self.notice_days)
