"""The centre lost data: the span that is gone, and the sites' copies that come back for it."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.stream import Stream


class RebuildQuerySet(models.QuerySet["Rebuild"]):
    """Sets of rebuilds."""

    def visible_to(self, user: User) -> Self:
        """That the centre lost data is known to everybody who may look; copies belong to sites."""
        return self

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("opened_by", "closed_by")


class Rebuild(models.Model):
    """What arrived at the centre after `restored_to` and before `lost_at` is there no more."""

    number = models.PositiveIntegerField(unique=True)
    code = models.CharField(max_length=20, unique=True)
    reason = models.CharField(max_length=500)
    # The point of the newest copy of the centre that was restored.
    restored_to = models.DateTimeField()
    lost_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="rebuilds_opened")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="rebuilds_closed"
    )
    note = models.CharField(max_length=500, blank=True)
    # What the coverage was when it was closed.
    figures = models.JSONField(default=dict)

    objects = RebuildQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rebuild_spans_some_time", condition=Q(restored_to__lt=F("lost_at"))
            ),
            models.CheckConstraint(
                name="rebuild_closed_by_somebody_else",
                violation_error_message=_("Somebody else than who opened it closes a rebuild."),
                condition=Q(closed_at=None, closed_by=None)
                | (Q(closed_at__isnull=False) & ~Q(closed_by=F("opened_by"))),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CopyStatus(models.TextChoices):
    """Where a site's copy stands."""

    QUARANTINED = "quarantined", _("In quarantine")
    RELEASED = "released", _("Released")
    REFUSED = "refused", _("Refused")


class CopyMatch(models.TextChoices):
    """How a copy compares with the sums that were told before the loss."""

    AGREES = "agrees", _("Agrees with the digest")
    DIFFERS = "differs", _("Differs from the digest")
    UNPROVEN = "unproven", _("No digest to compare with")


class SiteCopyQuerySet(models.QuerySet["SiteCopy"]):
    """Sets of copies."""

    def visible_to(self, user: User) -> Self:
        """Copies of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(stream__site_id__in=sites)

    def for_page(self) -> Self:
        """With everything a page shows, and without the records themselves."""
        return self.select_related("stream__site", "brought_by", "settled_by", "rebuild").defer(
            "records"
        )


class SiteCopy(models.Model):
    """Records of one stream as the site holds them: kept apart until a second person says yes."""

    rebuild = models.ForeignKey(Rebuild, on_delete=models.PROTECT, related_name="copies")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="copies")
    # The span of digests this copy belongs to, as the site calls it ("day 2026-11-22").
    scope = models.CharField(max_length=64)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    told = models.JSONField(default=dict)
    match = models.CharField(max_length=10, choices=CopyMatch.choices)
    status = models.CharField(
        max_length=12, choices=CopyStatus.choices, default=CopyStatus.QUARANTINED
    )
    # The file as it came, compressed.
    records = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    brought_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="copies_brought")
    brought_at = models.DateTimeField()
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="copies_settled"
    )
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    objects = SiteCopyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="copy_once", fields=["rebuild", "stream", "sha256"]),
            models.UniqueConstraint(
                name="copy_released_once_for_a_scope",
                fields=["rebuild", "stream", "scope"],
                condition=Q(status="released"),
            ),
            models.CheckConstraint(
                name="copy_release_takes_two_people",
                violation_error_message=_("Nobody releases what they brought themselves."),
                condition=~Q(status="released") | ~Q(settled_by=F("brought_by")),
            ),
            models.CheckConstraint(
                name="copy_that_differs_is_never_released",
                condition=~Q(status="released", match="differs"),
            ),
            models.CheckConstraint(
                name="copy_settled_by_somebody",
                condition=Q(status="quarantined", settled_by=None, settled_at=None)
                | (
                    ~Q(status="quarantined") & Q(settled_by__isnull=False, settled_at__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rebuild_id} {self.stream_id} {self.scope}"
