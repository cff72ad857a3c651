"""The incident and its lifecycle."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from incidents.models.incident_state import (
    INCIDENT_LIFECYCLE,
    ONGOING,
    FlowPlace,
    IncidentKind,
    IncidentStatus,
    RunMode,
    Severity,
)
from incidents.models.wording import render_message


def _named(user: User) -> models.QuerySet["IncidentAccess"]:
    """What lets a person into an incident by name."""
    return IncidentAccess.objects.filter(incident=OuterRef("pk"), user=user, ended_at=None)


def _works(user: User) -> models.QuerySet["IncidentRole"]:
    """What lets a person into an incident by the role they hold in it."""
    return IncidentRole.objects.filter(incident=OuterRef("pk"), user=user, ended_at=None)


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Sets of incidents, named as a commander would name them."""

    def open(self) -> Self:
        """Incidents that still need somebody."""
        return self.exclude(status__in=INCIDENT_LIFECYCLE.final)

    def ongoing(self) -> Self:
        """Incidents whose disruption is not over."""
        return self.filter(status__in=ONGOING)

    def live(self) -> Self:
        """The real ones; exercises stay apart."""
        return self.filter(mode=RunMode.LIVE)

    def unattended(self) -> Self:
        """Ongoing incidents that nobody has taken."""
        return self.ongoing().filter(acknowledged_at=None)

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch incidents.

        A person sees the incidents of the own sites, those in which they hold a role, and those
        that concern every site; a sensitive one only who was named for it or works on it.
        """
        named, works = _named(user), _works(user)
        is_let_in = Exists(named) | Exists(works) | Q(commander=user)
        let_in = self.filter(Q(sensitive_at=None) | is_let_in)
        sites = visible_site_ids(user)
        if sites is None:
            return let_in
        hit = IncidentSite.objects.filter(incident=OuterRef("pk"))
        mine = IncidentRole.objects.filter(incident=OuterRef("pk"), user=user)
        everywhere = Q(kind__in=[IncidentKind.CENTRAL, IncidentKind.PORTAL])
        return let_in.filter(
            Exists(hit.filter(site__in=sites))
            | Exists(mine)
            | Exists(named)
            | Q(commander=user)
            | everywhere
        )

    def closed_to(self, user: User) -> Self:
        """The sensitive ones in which this person has no part; few, and found by their index."""
        let_in = Exists(_named(user)) | Exists(_works(user)) | Q(commander=user)
        return self.filter(sensitive_at__isnull=False).exclude(let_in)

    def common(self) -> Self:
        """Those that everybody may count: the sensitive ones are nobody's statistics."""
        return self.filter(sensitive_at=None)

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("commander", "suggested_playbook", "merged_into")


class Incident(models.Model):
    """A disruption that somebody commands, or that calls for somebody to command it."""

    number = models.PositiveIntegerField(unique=True)
    code = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    # What a machine declared keeps its message, so that each reader gets the own language.
    title_message = models.CharField(max_length=200, blank=True)
    title_params = models.JSONField(default=dict, blank=True)
    status = models.CharField(
        max_length=20, choices=IncidentStatus.choices, default=IncidentStatus.DECLARED
    )
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.MODERATE)
    kind = models.CharField(max_length=20, choices=IncidentKind.choices, default=IncidentKind.OTHER)
    mode = models.CharField(max_length=10, choices=RunMode.choices, default=RunMode.LIVE)
    group_key = models.CharField(max_length=200, blank=True)
    commander = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="commanded"
    )
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="taken_incidents"
    )
    # Since when only named people see it.
    sensitive_at = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(blank=True)
    verdict = models.JSONField(default=dict, blank=True)
    suggested_playbook = models.ForeignKey(
        "incidents.Playbook",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="suggested_for",
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged"
    )
    started_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    declared_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    informed_at = models.DateTimeField(null=True, blank=True)
    contained_at = models.DateTimeField(null=True, blank=True)
    eradication_at = models.DateTimeField(null=True, blank=True)
    eradicated_at = models.DateTimeField(null=True, blank=True)
    signals_cleared_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        permissions = [
            ("declare_incident", "Can declare an incident"),
            ("run_incident", "Can command an incident"),
            ("work_incident", "Can work on an incident: steps, notes, calls"),
            ("close_incident", "Can close an incident"),
        ]
        constraints = [
            models.CheckConstraint(
                name="incident_status_known", condition=Q(status__in=IncidentStatus.values)
            ),
            models.CheckConstraint(
                name="incident_severity_known", condition=Q(severity__in=Severity.values)
            ),
            models.CheckConstraint(
                name="incident_kind_known", condition=Q(kind__in=IncidentKind.values)
            ),
            # A status and its timestamp may never tell two stories.
            models.CheckConstraint(
                name="incident_recovered_iff_timestamp",
                condition=Q(status__in=["recovered", "closed"], recovered_at__isnull=False)
                | (~Q(status__in=["recovered", "closed"]) & Q(recovered_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="incident_merged_iff_target",
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
            ),
            # One outage is one incident, however many workers see it at the same moment.
            models.UniqueConstraint(
                fields=["mode", "group_key"],
                condition=Q(status__in=["declared", "responding", "contained"]) & ~Q(group_key=""),
                name="incident_one_ongoing_per_group",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-declared_at"], name="incident_by_status"),
            models.Index(fields=["-declared_at"], name="incident_newest"),
            # What every page shows in its frame, however many incidents have been.
            models.Index(
                fields=["severity", "declared_at"],
                condition=Q(status__in=ONGOING),
                name="incident_ongoing_gravest",
            ),
            models.Index(
                fields=["status"], condition=Q(mode=RunMode.EXERCISE), name="incident_exercise"
            ),
            models.Index(
                fields=["sensitive_at"],
                condition=Q(sensitive_at__isnull=False),
                name="incident_sensitive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.headline}"

    @property
    def headline(self) -> str:
        """The title in the reader's language."""
        if not self.title_message:
            return self.title
        return render_message(self.title_message, self.title_params)

    @property
    def headline_said(self) -> dict[str, Any]:
        """The title as a `…_said` parameter of another message."""
        if self.title_message:
            return {"message": self.title_message, "params": self.title_params}
        return {"message": "%(words)s", "params": {"words": self.title}}

    @property
    def is_exercise(self) -> bool:
        """Whether this is a rehearsal."""
        return self.mode == RunMode.EXERCISE

    @property
    def is_ongoing(self) -> bool:
        """Whether the disruption is not over yet."""
        return self.status in ONGOING

    @property
    def is_open(self) -> bool:
        """Whether it still needs somebody."""
        return self.status not in INCIDENT_LIFECYCLE.final

    @property
    def phase(self) -> FlowPlace:
        """The place on the flow from detection to recovery."""
        if self.contained_at or self.recovered_at or self.informed_at:
            return FlowPlace.RECOVERY
        if self.acknowledged_at:
            return FlowPlace.COMMUNICATION
        return FlowPlace.ESCALATION if self.called_at else FlowPlace.DETECTION

    @property
    def next_moves(self) -> list[IncidentStatus]:
        """The states that the lifecycle lets it become."""
        moves = INCIDENT_LIFECYCLE.moves[IncidentStatus(self.status)]
        return sorted(moves, key=IncidentStatus.values.index)

    def down_for(self, at: datetime) -> timedelta:
        """How long the disruption has lasted, or lasted in total once recovered."""
        return (self.recovered_at or at) - self.started_at


class IncidentSite(models.Model):
    """A site that an incident hits."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="sites")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="incident_links")
    affected_at = models.DateTimeField()
    contained_at = models.DateTimeField(null=True, blank=True)
    recovered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "site"], name="incident_site_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.site_id}"


class IncidentAsset(models.Model):
    """An asset that an incident hits, with the objectives that held when it was hit.

    Null means unknown: an asset without an objective is never counted as met.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="assets")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="incident_links")
    rto = models.DurationField(null=True, blank=True)
    rpo = models.DurationField(null=True, blank=True)
    mtpd = models.DurationField(null=True, blank=True)
    # Hit only because this one is down; null means hit itself.
    gated_by = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    down_at = models.DateTimeField()
    recovered_at = models.DateTimeField(null=True, blank=True)
    data_lost_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "asset"], name="incident_asset_named_once")
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.asset_id}"

    def rto_deadline(self) -> datetime | None:
        """When it must be back; unknown without an objective."""
        return None if self.rto is None else self.down_at + self.rto


class RoleName(models.TextChoices):
    """The roles people take in an incident."""

    COMMANDER = "commander", _("Commander")
    COMMUNICATIONS = "communications", _("Communications")
    OPERATIONS = "operations", _("Operations")
    SCRIBE = "scribe", _("Scribe")
    MANAGEMENT = "management", _("Management")


class IncidentRole(models.Model):
    """Who held which role, from when to when."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=RoleName.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="incident_roles")
    assigned_at = models.DateTimeField()
    assigned_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="incident_role_known", condition=Q(role__in=RoleName.values)
            ),
            models.UniqueConstraint(
                fields=["incident", "role"],
                condition=Q(ended_at__isnull=True),
                name="incident_role_held_by_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.role}"


class IncidentAccess(models.Model):
    """A person who was named for a sensitive incident, by whom and why."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="named")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="named_for")
    granted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "user"],
                condition=Q(ended_at=None),
                name="incident_person_named_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.user_id}"
