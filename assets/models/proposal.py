"""Objectives as somebody wants them to be, and what people say about that."""

from datetime import timedelta
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models.asset import Asset
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle

SPANS = ("rto", "rpo", "mtpd", "wrt")


class ProposalStatus(models.TextChoices):
    """Where a proposal stands."""

    OPEN = "open", _("Open")
    ADOPTED = "adopted", _("Adopted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SUPERSEDED = "superseded", _("Superseded")


PROPOSAL_LIFECYCLE = Lifecycle(
    "proposal",
    {
        ProposalStatus.OPEN: frozenset(
            {ProposalStatus.ADOPTED, ProposalStatus.DECLINED, ProposalStatus.WITHDRAWN}
        ),
        ProposalStatus.ADOPTED: frozenset({ProposalStatus.SUPERSEDED}),
        ProposalStatus.DECLINED: frozenset(),
        ProposalStatus.WITHDRAWN: frozenset(),
        ProposalStatus.SUPERSEDED: frozenset(),
    },
)
CURRENT = (ProposalStatus.OPEN, ProposalStatus.ADOPTED)


class TargetProposalQuerySet(models.QuerySet["TargetProposal"]):
    """Sets of proposals."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch proposals."""
        return self.filter(asset__in=Asset.objects.visible_to(user))

    def current(self) -> Self:
        """Those that can be signed: waiting, or in force."""
        return self.filter(status__in=CURRENT, asset__retired_on=None)


class TargetProposal(models.Model):
    """Objectives of one asset that people are asked to sign; adopted once all have.

    Nothing said (NULL) is unknown here too, and zero is a promise.
    """

    asset = models.ForeignKey(
        Asset, on_delete=models.PROTECT, related_name="proposals", verbose_name=_("asset")
    )
    rto = models.DurationField(_("RTO"), null=True, blank=True)
    rpo = models.DurationField(_("RPO"), null=True, blank=True)
    mtpd = models.DurationField(_("MTPD"), null=True, blank=True)
    wrt = models.DurationField(_("WRT"), null=True, blank=True)
    mbco = models.TextField(_("MBCO"), blank=True)
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="targets_proposed",
        null=True,
        blank=True,
        verbose_name=_("proposed by"),
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    status = models.CharField(
        _("status"), max_length=20, choices=ProposalStatus.choices, default=ProposalStatus.OPEN
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closing_reason = models.TextField(_("why it was closed"), blank=True)

    objects = TargetProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        permissions = [("sign_target", "Can sign recovery targets and take part in the discussion")]
        constraints = [
            models.CheckConstraint(
                name="proposal_status_known", condition=Q(status__in=ProposalStatus.values)
            ),
            models.UniqueConstraint(
                name="proposal_one_open_per_asset",
                fields=["asset"],
                condition=Q(status="open"),
                violation_error_message=_("Another proposal for this asset is still open."),
            ),
            models.UniqueConstraint(
                name="proposal_one_in_force_per_asset",
                fields=["asset"],
                condition=Q(status="adopted"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset.code} #{self.pk}"

    @property
    def is_current(self) -> bool:
        """Whether it can be signed: waiting, or in force."""
        return self.status in CURRENT

    @property
    def spans(self) -> dict[str, timedelta | None]:
        """The four spans by name."""
        return {name: getattr(self, name) for name in SPANS}


class RemarkQuerySet(models.QuerySet["Remark"]):
    """Sets of remarks."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch remarks."""
        return self.filter(proposal__in=TargetProposal.objects.visible_to(user))


class Remark(models.Model):
    """What somebody says about a proposal; the discussion is kept with it."""

    proposal = models.ForeignKey(TargetProposal, on_delete=models.CASCADE, related_name="remarks")
    text = models.TextField(_("remark"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="target_remarks")
    made_at = models.DateTimeField(_("made at"))

    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")

    def __str__(self) -> str:
        return self.text[:60]
