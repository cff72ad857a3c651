"""What could happen, and its lifecycle."""

from datetime import date, datetime
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, BilingualName, CustomFacts, ThirdParty, Unit
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from risks.models.matrix import STANDARD
from risks.models.threat import Threat


class RiskStatus(models.TextChoices):
    """Where a risk stands in the register."""

    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    RETIRED = "retired", _("Retired")


RISK_LIFECYCLE = Lifecycle(
    "risk",
    {
        RiskStatus.OPEN: frozenset({RiskStatus.ACCEPTED, RiskStatus.RETIRED}),
        RiskStatus.ACCEPTED: frozenset({RiskStatus.OPEN, RiskStatus.RETIRED}),
        RiskStatus.RETIRED: frozenset(),
    },
)


class RiskCategory(BilingualName):
    """A kind of harm: availability, integrity, security, and the organisation's own."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_id = models.CharField(_("name in Indonesian"), max_length=80, blank=True)
    matrix_family = models.SlugField(_("judged by"), max_length=40, default=STANDARD)

    class Meta:
        verbose_name = _("risk category")
        verbose_name_plural = _("risk categories")


class RiskQuerySet(models.QuerySet["Risk"]):
    """Sets of risks, named as a risk manager would name them."""

    def in_force(self) -> Self:
        """Risks that have not been retired."""
        return self.exclude(status=RiskStatus.RETIRED)

    def review_overdue(self, on: date) -> Self:
        """Risks whose review date has passed, and those that never got one."""
        return self.in_force().filter(Q(review_on__lt=on) | Q(review_on=None))

    def unrated(self) -> Self:
        """Risks nobody has judged by the matrix in force."""
        return self.filter(Q(level="") | Q(reassess_since__isnull=False))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch risks.

        Business risks are seen by all who may read the register; those that name assets only by
        people who see at least one of these assets, or who answer for the risk.
        """
        if user.has_perm("assets.view_every_site"):
            return self
        if not isinstance(user, User):
            return self.none()
        named = Risk.assets.through.objects
        seen = named.filter(asset__in=Asset.objects.visible_to(user))
        return self.filter(
            Q(owner=user)
            | Q(business_owner=user)
            | Q(pk__in=seen.values("risk"))
            | ~Q(pk__in=named.values("risk"))
        )

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related(
            "category", "unit", "owner", "business_owner", "inherent", "residual", "target"
        )

    def with_assets(self, user: User) -> Self:
        """Each risk with the assets that this person may see, as `visible_assets`."""
        visible = Asset.objects.visible_to(user).order_by("code")
        return self.prefetch_related(
            models.Prefetch("assets", queryset=visible, to_attr="visible_assets")
        )


class Risk(CustomFacts):
    """An event that could hurt, with a cause, a consequence and a person who answers for it."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    category = models.ForeignKey(
        RiskCategory, on_delete=models.PROTECT, related_name="risks", verbose_name=_("category")
    )
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        related_name="risks",
        null=True,
        blank=True,
        verbose_name=_("organisational unit"),
    )
    # The family of its unit, or else of its category; kept here so that lists ask one table.
    matrix_family = models.SlugField(_("judged by"), max_length=40, default=STANDARD)
    cause = models.TextField(_("cause"), blank=True)
    consequence = models.TextField(_("consequence"), blank=True)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="owned_risks", verbose_name=_("owner")
    )
    business_owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="business_risks",
        null=True,
        blank=True,
        verbose_name=_("business owner"),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=RiskStatus.choices, default=RiskStatus.OPEN
    )
    review_on = models.DateField(_("next review"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("last reviewed"), null=True, blank=True)
    assets = models.ManyToManyField(
        Asset, related_name="risks", blank=True, verbose_name=_("assets")
    )
    threats = models.ManyToManyField(
        Threat, related_name="risks", blank=True, verbose_name=_("threats")
    )
    third_parties = models.ManyToManyField(
        ThirdParty, related_name="risks", blank=True, verbose_name=_("third parties")
    )
    inherent = models.ForeignKey(
        "risks.Assessment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    residual = models.ForeignKey(
        "risks.Assessment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    target = models.ForeignKey(
        "risks.Assessment", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The residual judgement once more, so that ten thousand risks can be sorted by an index.
    score = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    level = models.CharField(_("level"), max_length=20, blank=True)
    reassess_since = models.DateTimeField(_("to be judged again since"), null=True, blank=True)
    # Grows with every edit, so that two people at one risk notice each other.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("identified at"))
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    objects = RiskQuerySet.as_manager()

    class Meta:
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        permissions = [
            ("run_risk", "Can identify, edit, assess and retire risks"),
            ("accept_risk", "Can accept a risk for a time"),
            ("weigh_evidence", "Can weigh what incidents say about a risk"),
            ("import_register", "Can import the register from a file"),
        ]
        constraints = [
            models.CheckConstraint(
                name="risk_status_known", condition=Q(status__in=RiskStatus.values)
            ),
            models.CheckConstraint(
                name="risk_retired_iff_timestamp",
                condition=Q(status="retired", retired_at__isnull=False)
                | (~Q(status="retired") & Q(retired_at=None)),
            ),
            # Unrated is the absence of both, never a low number.
            models.CheckConstraint(
                name="risk_level_iff_score",
                condition=Q(level="", score=None, residual=None)
                | (~Q(level="") & Q(score__isnull=False, residual__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="risk_by_score", fields=["-score", "code"]),
            models.Index(name="risk_by_review", fields=["review_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def is_review_overdue(self, at: datetime) -> bool:
        """Has the review date passed (or was none ever set) while the risk is in force?"""
        if self.status == RiskStatus.RETIRED:
            return False
        return self.review_on is None or self.review_on < at.date()

    @property
    def is_unrated(self) -> bool:
        """Nobody has judged it by the matrix in force."""
        return not self.level or self.reassess_since is not None
