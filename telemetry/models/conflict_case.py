"""One record that two sides changed: every version of it, and the sites concerned."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from bcp_portal.shared.lifecycle import Lifecycle
from telemetry.conflicts.versions import Version


class ConflictState(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", _("Open")
    PROPOSED = "proposed", _("Second person")
    DECIDED = "decided", _("Decided")
    SETTLED = "settled", _("Settled")
    MERGED = "merged", _("Merged")


CONFLICT_LIFECYCLE = Lifecycle(
    noun="conflict",
    moves={
        ConflictState.OPEN: frozenset(
            {ConflictState.PROPOSED, ConflictState.DECIDED, ConflictState.MERGED}
        ),
        ConflictState.PROPOSED: frozenset(
            {ConflictState.OPEN, ConflictState.DECIDED, ConflictState.MERGED}
        ),
        ConflictState.DECIDED: frozenset(
            {ConflictState.OPEN, ConflictState.SETTLED, ConflictState.MERGED}
        ),
        ConflictState.SETTLED: frozenset(),
        ConflictState.MERGED: frozenset(),
    },
)
WAITS_FOR_PEOPLE = (ConflictState.OPEN, ConflictState.PROPOSED)
UNFINISHED = (*WAITS_FOR_PEOPLE, ConflictState.DECIDED)


class ConflictWhy(models.TextChoices):
    """Why a person must look; the gravest reason is kept with the case."""

    CRITICAL = "critical", _("Told as critical")
    OVER_LIMIT = "over_limit", _("Over the limit")
    GUARDED = "guarded", _("Never automatic")
    BELOW_SAFETY = "below_safety", _("Stock below safety")
    CLOCK = "clock_veto", _("Clocks disagree")
    REFUSED = "rule_refused", _("Rule does not fit")
    BY_HAND = "by_hand", _("By hand")
    NO_RULE = "no_rule", _("No rule")
    NONE = "automatic", _("Nothing, a rule settles it")


class ConflictCaseQuerySet(models.QuerySet["ConflictCase"]):
    """Sets of cases."""

    def visible_to(self, user: User) -> Self:
        """Cases in which a site of this person takes part."""
        sites = visible_site_ids(user)
        if sites is None:
            return self
        concerned = ConflictSite.objects.filter(site_id__in=sites)
        return self.filter(pk__in=concerned.values("case_id"))

    def unfinished(self) -> Self:
        """Cases that are not over."""
        return self.filter(state__in=UNFINISHED)

    def waiting(self) -> Self:
        """Cases in which a person must do something."""
        return self.filter(state__in=WAITS_FOR_PEOPLE)

    def overdue(self, at: datetime, yes: bool = True) -> Self:
        """Cases whose deadline has passed; or those whose has not."""
        late = Q(state__in=WAITS_FOR_PEOPLE, due_at__lte=at)
        return self.filter(late) if yes else self.exclude(late)

    def for_list(self) -> Self:
        """Everything a list row shows, in two queries."""
        return (
            self.select_related("owner")
            .prefetch_related("places__site")
            .annotate(version_count=Count("versions"))
        )


class ConflictCase(models.Model):
    """A conflict, told by one site or by several."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    entity = models.CharField(_("entity"), max_length=64)
    key = models.CharField(_("key"), max_length=256)
    state = models.CharField(
        _("state"), max_length=10, choices=ConflictState.choices, default=ConflictState.OPEN
    )
    why = models.CharField(
        _("why a person"), max_length=14, choices=ConflictWhy.choices, default=ConflictWhy.NO_RULE
    )
    is_critical = models.BooleanField(_("critical"), default=False)
    needs_second = models.BooleanField(_("needs a second person"), default=False)
    # The stream whose sessions can prove that the sides agree again; empty when nobody said.
    stream_name = models.CharField(max_length=64, blank=True)
    detected_at = models.DateTimeField(_("detected at"))
    opened_at = models.DateTimeField(_("opened at"))
    due_at = models.DateTimeField(_("due at"))
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="conflicts"
    )
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True)
    escalations = models.PositiveIntegerField(default=0)
    # How often the clock was started: deadlines of an earlier start mean nothing any more.
    epoch = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed"
    )
    # Goes up with every change; a decision names the number its maker looked at.
    version = models.PositiveIntegerField(default=1)

    objects = ConflictCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        permissions = [
            ("decide_conflict", "Can decide conflicts"),
            ("edit_conflict_rules", "Can edit the rules for conflicts"),
        ]
        constraints = [
            models.CheckConstraint(
                name="conflict_settled_has_a_moment",
                condition=Q(state="settled", settled_at__isnull=False)
                | (~Q(state="settled") & Q(settled_at=None)),
            ),
            models.CheckConstraint(
                name="conflict_merged_into_another",
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["entity", "key"], name="conflict_by_record"),
            models.Index(fields=["state", "due_at"], name="conflict_by_state"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def scope(self) -> str:
        """The name under which a site's digest of this one record is told."""
        return f"{self.entity}/{self.key}"[-64:]

    def is_overdue(self, at: datetime) -> bool:
        """Whether somebody should have acted by now."""
        return self.state in WAITS_FOR_PEOPLE and self.due_at <= at


class ConflictVersion(models.Model):
    """One side of a case as a site told it; never overwritten by another side."""

    case = models.ForeignKey(ConflictCase, on_delete=models.CASCADE, related_name="versions")
    mark = models.CharField(max_length=16)
    source = models.CharField(max_length=128)
    rev = models.CharField(max_length=256)
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, related_name="+")
    values = models.JSONField(null=True)
    values_digest = models.CharField(max_length=128, blank=True)
    hlc = models.CharField(max_length=64, blank=True)
    written_ms = models.BigIntegerField(null=True)
    uncertainty_ms = models.BigIntegerField(null=True)
    is_jumped = models.BooleanField(default=False)
    role = models.CharField(max_length=64, blank=True)
    base = models.JSONField(null=True)

    class Meta:
        ordering = ["source", "rev", "mark"]
        constraints = [
            models.UniqueConstraint(name="conflict_version_once", fields=["case", "mark"]),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.rev}"

    def told(self) -> Version:
        """This side as the arithmetic knows it."""
        return Version(
            source=self.source,
            rev=self.rev,
            values=self.values,
            values_digest=self.values_digest,
            hlc=self.hlc,
            written_ms=self.written_ms,
            uncertainty_ms=self.uncertainty_ms,
            is_jumped=self.is_jumped,
            role=self.role,
            base=self.base,
        )


class PlaceState(models.TextChoices):
    """What a site knows of the decision."""

    NONE = "none", _("No decision yet")
    WAITING = "waiting", _("Waiting to be sent")
    SENT = "sent", _("Sent")
    AGREED = "settled", _("Agrees")
    DISAGREES = "mismatch", _("Reports something else")


class ConflictSite(models.Model):
    """A site that takes part in a case, and whether it agrees with the decision."""

    case = models.ForeignKey(ConflictCase, on_delete=models.CASCADE, related_name="places")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="conflict_places")
    state = models.CharField(max_length=8, choices=PlaceState.choices, default=PlaceState.NONE)
    sent_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    reported_digest = models.CharField(max_length=128, blank=True)

    class Meta:
        ordering = ["site__code"]
        constraints = [
            models.UniqueConstraint(name="conflict_site_once", fields=["case", "site"]),
        ]
        indexes = [models.Index(fields=["site", "state"], name="conflict_site_by_state")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.site_id} {self.state}"


class EventKind(models.TextChoices):
    """What happened to a case."""

    OPENED = "opened", _("Opened")
    TOLD = "told", _("Told again by another site")
    NEW_VERSION = "new_version", _("A further version came")
    ABSORBED = "absorbed", _("Another case turned out to be this one")
    RULED = "ruled", _("Settled by rules")
    TAKEN = "taken", _("Taken")
    PROPOSED = "proposed", _("Decided; a second person must confirm")
    DECIDED = "decided", _("Decided")
    CONFIRMED = "confirmed", _("Confirmed by a second person")
    REFUSED = "refused", _("Refused by a second person")
    REOPENED = "reopened", _("Reopened")
    ESCALATED = "escalated", _("Deadline passed; given to")
    NOBODY = "nobody", _("Deadline passed; nobody could be given it")
    SENT = "sent", _("Sent to the site")
    DISAGREED = "disagreed", _("The site reports something else")
    AGREED = "agreed", _("The site agrees")
    SETTLED = "settled", _("All sites agree")
    REVIEWED = "reviewed", _("Sample reviewed")


class ConflictEvent(models.Model):
    """One line of a case's history; it names no values, the audit trail neither."""

    case = models.ForeignKey(ConflictCase, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=EventKind.choices)
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    about = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"
