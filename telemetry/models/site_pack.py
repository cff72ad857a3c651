"""The pack of a site for the day without a link: its editions, who holds which, what was ticked."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from assets.models import Site
from assets.scope import visible_site_ids
from bcp_portal.accounts.models import User
from telemetry.models.device import Device, DeviceQuerySet

# So long a device may take to fetch a new edition before its copy counts as stale.
FETCHED_WITHIN = timedelta(hours=1)


class PackStanding(models.TextChoices):
    """How the copy of a device stands to the edition in force."""

    CURRENT = "current", _("Current")
    ON_ITS_WAY = "on_its_way", _("On its way")
    STALE = "stale", _("Stale")
    MISSING = "missing", _("No copy")
    NOT_MADE = "not_made", _("Not made yet")


class SitePackQuerySet(models.QuerySet["SitePack"]):
    """Sets of editions."""

    def visible_to(self, user: User) -> Self:
        """Editions of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(site_id__in=sites)

    def current(self) -> Self:
        """The edition in force of each site."""
        return self.filter(superseded_at=None)


class SitePack(models.Model):
    """One edition of a site's pack; never changed, sealed like an order."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="packs")
    number = models.PositiveBigIntegerField()
    # The facts it was made from: equal facts need no new edition.
    facts = models.JSONField(default=dict)
    facts_digest = models.CharField(max_length=64)
    # The file as devices get it, compressed, and its SHA-256.
    html = models.BinaryField()
    digest = models.CharField(max_length=64)
    envelope = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = SitePackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="site_pack_numbered_once", fields=["site", "number"]),
            models.UniqueConstraint(
                name="site_pack_one_in_force", fields=["site"], condition=Q(superseded_at=None)
            ),
        ]
        indexes = [models.Index(fields=["digest"], name="site_pack_by_digest")]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """What people call it."""
        return f"{self.site.code} v{self.number}"

    @property
    def mark(self) -> str:
        """Enough of the digest to compare by eye or by phone."""
        return self.digest[:8]

    def words_of(self, item: str, language: str) -> str:
        """What a line of this edition says."""
        told = self.facts.get("items", {}).get(item, {})
        return str(told.get(language) or told.get("en") or "")[:500]


class PackCopy(models.Model):
    """Which edition a device holds, as it told us when it asked for a newer one."""

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="pack_copy"
    )
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    # When it first said so, and when it last did.
    since = models.DateTimeField()
    heard_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.device_id}: v{self.number}"


class PackMarkKind(models.TextChoices):
    """What somebody at the site did on the page."""

    TICK = "tick", _("Done")
    UNTICK = "untick", _("Taken back")
    NOTE = "note", _("Note")


class PackMarkQuerySet(models.QuerySet["PackMark"]):
    """Sets of marks."""

    def visible_to(self, user: User) -> Self:
        """Marks of the sites a person may see."""
        sites = visible_site_ids(user)
        return self if sites is None else self.filter(site_id__in=sites)

    def waiting(self) -> Self:
        """What no incident has been asked about yet."""
        return self.filter(taken_up_at=None)


class PackMark(models.Model):
    """A tick or a note made on the site's page, with the site's time and ours."""

    op_id = models.UUIDField(unique=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="pack_marks")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="pack_marks")
    pack = models.ForeignKey(
        SitePack, null=True, blank=True, on_delete=models.PROTECT, related_name="marks"
    )
    kind = models.CharField(max_length=10, choices=PackMarkKind.choices)
    # Which step: the number of the playbook's version, phase, step; or a line of the pack itself.
    item = models.CharField(max_length=60, blank=True)
    words = models.CharField(max_length=500, blank=True)
    who = models.CharField(max_length=80, blank=True)
    said_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    uncertainty_ms = models.PositiveBigIntegerField(null=True, blank=True)
    received_at = models.DateTimeField()
    taken_up_at = models.DateTimeField(null=True, blank=True)
    # The incident whose timeline has it; empty where it stays a note of the site.
    incident_code = models.CharField(max_length=40, blank=True)

    objects = PackMarkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pack_mark_kind_known", condition=Q(kind__in=PackMarkKind.values)
            ),
            models.CheckConstraint(
                name="pack_mark_not_from_the_future",
                condition=Q(happened_at__lte=F("received_at")),
            ),
        ]
        indexes = [models.Index(fields=["site", "-happened_at"], name="pack_mark_by_site")]

    def __str__(self) -> str:
        return f"{self.kind} {self.op_id}"

    @property
    def code(self) -> str:
        """What people call it."""
        return f"MARK-{self.pk}"


def with_pack(devices: DeviceQuerySet, *, at: datetime) -> DeviceQuerySet:
    """Add to each device the edition in force at its site and how its copy stands to it."""
    current = SitePack.objects.current().filter(site=OuterRef("site"))
    annotated = devices.annotate(
        pack_number=Subquery(current.values("number")[:1]),
        pack_digest=Subquery(current.values("digest")[:1]),
        pack_made_at=Subquery(current.values("made_at")[:1]),
    )
    late = Q(pack_made_at__lte=at - FETCHED_WITHIN)
    return annotated.annotate(
        pack_standing=Case(
            When(pack_digest=None, then=Value(PackStanding.NOT_MADE.value)),
            When(pack_copy__digest=F("pack_digest"), then=Value(PackStanding.CURRENT.value)),
            When(~late, then=Value(PackStanding.ON_ITS_WAY.value)),
            When(
                Q(pack_copy=None) | Q(pack_copy__digest=""), then=Value(PackStanding.MISSING.value)
            ),
            default=Value(PackStanding.STALE.value),
            output_field=CharField(),
        )
    )
