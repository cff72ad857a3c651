"""A continuity plan for one scenario: traffic, people, data and service, in versions."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from incidents.models import Playbook


class PlanKind(models.TextChoices):
    """What a plan is for."""

    CONTINUITY = "continuity", _("Business continuity")
    RECOVERY = "recovery", _("Disaster recovery")


class PlanQuerySet(models.QuerySet["Plan"]):
    """Sets of plans."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch plans: like risks, by the assets they name."""
        if user.has_perm("assets.view_every_site"):
            return self
        if not isinstance(user, User):
            return self.none()
        named = Plan.assets.through.objects
        seen = named.filter(asset__in=Asset.objects.visible_to(user))
        return self.filter(
            Q(owner=user) | Q(pk__in=seen.values("plan")) | ~Q(pk__in=named.values("plan"))
        )

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("owner", "current__approved_by")


class Plan(models.Model):
    """What we do when this happens; its text lives in versions."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=200)
    title_id = models.CharField(_("title in Indonesian"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=PlanKind.choices)
    scenario = models.TextField(_("scenario"))
    scenario_id = models.TextField(_("scenario in Indonesian"), blank=True)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="plans", verbose_name=_("owner")
    )
    assets = models.ManyToManyField(
        Asset, related_name="plans", blank=True, verbose_name=_("assets")
    )
    playbooks = models.ManyToManyField(
        Playbook, related_name="plans", blank=True, verbose_name=_("playbooks")
    )
    current = models.ForeignKey(
        "risks.PlanVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    review_on = models.DateField(_("next review"), null=True, blank=True)
    created_at = models.DateTimeField(_("written since"))
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        permissions = [
            ("run_plan", "Can write and retire plans"),
            ("approve_plan", "Can approve a version of a plan"),
        ]
        constraints = [
            models.CheckConstraint(name="plan_kind_known", condition=Q(kind__in=PlanKind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.said_title}"

    @property
    def said_title(self) -> str:
        """The title in the reader's language."""
        return self.title_id if self.title_id and get_language() == "id" else self.title

    @property
    def said_scenario(self) -> str:
        """What it is for, in the reader's language."""
        return self.scenario_id if self.scenario_id and get_language() == "id" else self.scenario


class PlanState(models.TextChoices):
    """How far a version has come."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REPLACED = "replaced", _("Replaced")


PLAN_LIFECYCLE = Lifecycle(
    "plan version",
    {
        PlanState.DRAFT: frozenset({PlanState.SUBMITTED}),
        PlanState.SUBMITTED: frozenset({PlanState.APPROVED, PlanState.DRAFT}),
        PlanState.APPROVED: frozenset({PlanState.REPLACED}),
        PlanState.REPLACED: frozenset(),
    },
)


class PlanVersion(models.Model):
    """The text of a plan in both languages; once approved it never changes.

    `texts`: `{"en": {section: markdown}, "id": {…}}`, sections as in `risks.plan_sections`.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.DRAFT)
    texts = models.JSONField(default=dict)
    change_note = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    # Grows with every save, so that two people at one draft notice each other.
    edits = models.PositiveIntegerField(default=1)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="plan_version_once", fields=["plan", "number"]),
            models.UniqueConstraint(
                name="plan_one_version_in_work",
                fields=["plan"],
                condition=Q(state__in=["draft", "submitted"]),
            ),
            models.CheckConstraint(
                name="plan_version_approved_by_another",
                condition=Q(approved_by=None, approved_at=None)
                | (Q(approved_at__isnull=False) & ~Q(approved_by=F("written_by"))),
            ),
            models.CheckConstraint(
                name="plan_version_approved_iff_person",
                condition=Q(state__in=["draft", "submitted"], approved_by=None)
                | Q(state__in=["approved", "replaced"], approved_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} v{self.number}"
