"""What assets can show: the inventory, objectives in force, proofs, ways to fail over."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import (
    Achievement,
    AchievementSource,
    Asset,
    FailoverPath,
    FailoverState,
    RecoveryTarget,
)
from bcp_portal.reports.evidence.registry import Evidence, register_evidence

CRITICAL = 2
SHOWN = 6


def inventory(at: datetime) -> Evidence:
    """Everything that matters, with its business owner."""
    live = Asset.objects.filter(retired_on=None)
    ownerless = live.filter(business_owner=None).values_list("code", flat=True)
    return Evidence(
        live.count(),
        gaps=tuple(_("%s has no business owner.") % code for code in ownerless[:SHOWN]),
    )


def targets(at: datetime) -> Evidence:
    """Objectives in force, and critical assets without one."""
    live = RecoveryTarget.objects.filter(asset__retired_on=None, rto__isnull=False)
    newest = live.order_by("-set_at").values_list("set_at", flat=True).first()
    bare = Asset.objects.filter(retired_on=None, criticality__lte=CRITICAL).exclude(
        recovery_target__rto__isnull=False
    )
    return Evidence(
        live.count(),
        newest,
        tuple(
            _("%s is critical and has no RTO.") % code
            for code in bare.values_list("code", flat=True)[:SHOWN]
        ),
    )


def proofs(at: datetime) -> Evidence:
    """Recoveries that were measured, and promises that were missed."""
    newest = Achievement.objects.order_by("-happened_at").first()
    missed = Achievement.objects.filter(is_met=False).order_by("-happened_at")
    return Evidence(
        Achievement.objects.count(),
        newest.happened_at if newest else None,
        tuple(
            _("%(asset)s missed its %(measure)s in %(code)s.")
            % {"asset": one.asset.code, "measure": one.measure.upper(), "code": one.source_code}
            for one in missed.select_related("asset")[:SHOWN]
        ),
    )


def restore_tests(at: datetime) -> Evidence:
    """Restores that were tried."""
    tried = Achievement.objects.filter(source_kind=AchievementSource.RESTORE_TEST)
    newest = tried.order_by("-happened_at").first()
    return Evidence(tried.count(), newest.happened_at if newest else None)


def failover(at: datetime) -> Evidence:
    """Ways to fail over, and those that are not ready."""
    down = FailoverPath.objects.filter(state__in=[FailoverState.DOWN, FailoverState.DEGRADED])
    return Evidence(
        FailoverPath.objects.count(),
        gaps=tuple(_("The path “%s” is not ready.") % path.name for path in down[:SHOWN]),
    )


def register() -> None:
    """Tell the registry."""
    for key, label, url_name, gather, days in (
        ("assets", gettext_lazy("Assets with owners"), "assets:list", inventory, 366),
        ("targets", gettext_lazy("Objectives in force"), "assets:targets", targets, 400),
        ("proofs", gettext_lazy("Measured recoveries"), "assets:targets", proofs, 366),
        ("restore_tests", gettext_lazy("Restore tests"), "assets:targets", restore_tests, 190),
        ("failover", gettext_lazy("Failover paths"), "assets:failover", failover, 366),
    ):
        register_evidence(key, label, url_name=url_name, gather=gather, max_age_days=days)
