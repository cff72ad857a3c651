"""Who stands for the objectives of an asset, in which role, and for exactly what."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models.proposal import TargetProposal
from bcp_portal.accounts.models import User


class SigningRole(models.TextChoices):
    """The three who must agree."""

    PROCESS_OWNER = "process_owner", _("Process owner")
    OPERATIONS = "operations", _("Operations")
    TOP_MANAGEMENT = "top_management", _("Top management")


# The process owner is the business owner of the asset; for the others somebody is appointed.
APPOINTED = (SigningRole.OPERATIONS, SigningRole.TOP_MANAGEMENT)


class SignatureQuerySet(models.QuerySet["Signature"]):
    """Sets of signatures."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch signatures."""
        return self.filter(proposal__in=TargetProposal.objects.visible_to(user))

    def standing(self) -> Self:
        """Signatures that have not lapsed."""
        return self.filter(lapsed_at=None)


class Signature(models.Model):
    """One person's word for one proposal, bound to what they were shown.

    `digest` is SHA-256 over the canonical JSON of `content`: the objectives, and of everything the
    asset depends on what would matter to them. When that changes the signature lapses, and
    `changes` keeps what was signed beside what it became.
    """

    proposal = models.ForeignKey(
        TargetProposal, on_delete=models.PROTECT, related_name="signatures"
    )
    role = models.CharField(_("role"), max_length=20, choices=SigningRole.choices)
    principal = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="target_signatures", verbose_name=_("for")
    )
    signed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="targets_signed", verbose_name=_("signed by")
    )
    signed_at = models.DateTimeField(_("signed at"))
    digest = models.CharField(_("digest"), max_length=64)
    content = models.JSONField(_("content"))
    despite = models.TextField(_("signed despite, because"), blank=True)
    lapsed_at = models.DateTimeField(_("lapsed at"), null=True, blank=True)
    changes = models.JSONField(_("what changed"), default=list, blank=True)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [
            models.CheckConstraint(
                name="signature_role_known", condition=Q(role__in=SigningRole.values)
            ),
            models.UniqueConstraint(
                name="signature_one_per_role",
                fields=["proposal", "role"],
                condition=Q(lapsed_at=None),
            ),
            # Nobody agrees with themselves: neither by hand nor in whose name.
            models.UniqueConstraint(
                name="signature_one_per_hand",
                fields=["proposal", "signed_by"],
                condition=Q(lapsed_at=None),
            ),
            models.UniqueConstraint(
                name="signature_one_per_principal",
                fields=["proposal", "principal"],
                condition=Q(lapsed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} {self.role}"


class SignatoryQuerySet(models.QuerySet["Signatory"]):
    """Sets of signatories."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch signatories: known to everybody who may look at all."""
        return self if user.has_perm("assets.view_signatory") else self.none()

    def appointed(self) -> Self:
        """Those who hold the office now."""
        return self.filter(ended_at=None, user__is_active=True)


class Signatory(models.Model):
    """Somebody who signs for operations or for top management."""

    role = models.CharField(
        _("role"),
        max_length=20,
        choices=[(role.value, role.label) for role in APPOINTED],
    )
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="offices", verbose_name=_("person")
    )
    appointed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    appointed_at = models.DateTimeField(_("appointed at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = SignatoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("signatory")
        verbose_name_plural = _("signatories")
        permissions = [("appoint_signatory", "Can say who signs for operations and management")]
        constraints = [
            models.CheckConstraint(
                name="signatory_role_known", condition=Q(role__in=[str(one) for one in APPOINTED])
            ),
            models.UniqueConstraint(
                name="signatory_appointed_once",
                fields=["role", "user"],
                condition=Q(ended_at=None),
                violation_error_message=_("This person already signs in this role."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.user}"


class DelegationQuerySet(models.QuerySet["Delegation"]):
    """Sets of delegations."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch delegations: one's own, given or received."""
        if not isinstance(user, User):
            return self.none()
        return self.filter(Q(delegator=user) | Q(delegate=user))

    def unfinished_of(self, person: User, at: datetime) -> Self:
        """Those that a person gave or holds and that are not over, begun or not."""
        mine = Q(delegator=person) | Q(delegate=person)
        return self.filter(mine, revoked_at=None, ends_at__gt=at).order_by("pk")

    def in_force(self, at: datetime) -> Self:
        """Those that count at this moment."""
        return self.filter(
            revoked_at=None, starts_at__lte=at, ends_at__gt=at, delegator__is_active=True
        )


class Delegation(models.Model):
    """Somebody signs for somebody else; it always ends."""

    delegator = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="delegations_given", verbose_name=_("of")
    )
    delegate = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="delegations_held", verbose_name=_("to")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.TextField(_("reason"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        constraints = [
            models.CheckConstraint(
                name="delegation_has_an_end_after_its_start",
                violation_error_message=_("A delegation must end after it starts."),
                condition=Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="delegation_not_to_oneself",
                violation_error_message=_("Nobody delegates to themselves."),
                condition=~Q(delegator=F("delegate")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegator} → {self.delegate}"
