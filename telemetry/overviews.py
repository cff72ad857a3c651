"""The overviews of this room: how devices are guarded, and how syncs fared."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Sector
from bcp_portal.accounts.models import User
from bcp_portal.reports.overviews.registry import (
    Overview,
    OverviewPicture,
    Part,
    register_overview,
)
from bcp_portal.reports.overviews.words import Mark
from bcp_portal.reports.paper import PaperColumn, Tile
from telemetry.detection.asking.posture import OLD, drifted
from telemetry.detection.tuning import Tuning, read_tuning
from telemetry.models import Device, Signal, SignalRule, SyncOutcome, SyncSession
from telemetry.overviews_loss import late_reports
from telemetry.selectors_site_history import POSTURE_WORDS
from telemetry.wording import signal_title

MONTH = timedelta(days=30)
MOST = 200
ANOMALIES = (
    SignalRule.CHECKSUM_MISMATCH,
    SignalRule.MASS_INCONSISTENCY,
    SignalRule.SUSPECT_SOURCE,
    SignalRule.UNUSUAL_SYNC,
    SignalRule.REPEATED_FAILURES,
    SignalRule.FREQUENT_FAILURES,
    SignalRule.FORGOTTEN_SYNC,
    SignalRule.OVERSELLING,
    SignalRule.SYNC_CUT_OFF,
    SignalRule.CLOCK_JUMP,
)


def compliance(user: User, at: datetime) -> OverviewPicture:
    """Each device against what the profile of its sector asks."""
    tuning = read_tuning()
    devices = Device.objects.visible_to(user).in_service().select_related("site", "state")
    rows = [_guarded(one, tuning, at) for one in devices.order_by("site__code", "name")]
    counts = Counter(mark.tone for *_cells, mark, _wrong in rows)
    rows.sort(key=lambda row: ("act", "unknown", "watch", "ok", "calm").index(row[4].tone))
    silent = counts["unknown"] + counts["watch"]
    late = late_reports(user, at)
    columns = [
        PaperColumn(_("Site"), "w10", "mono"),
        PaperColumn(_("Device"), "w20"),
        PaperColumn(_("Sector"), "w10"),
        PaperColumn(_("Told"), "w15"),
        PaperColumn(_("State"), "w15"),
        PaperColumn(_("What is not as it must be"), ""),
    ]
    return OverviewPicture(
        lead=_("%(n)d of %(all)d devices are guarded as the profile of their sector asks.")
        % {"n": counts["ok"], "all": len(rows)},
        tone=_tone(bool(rows), bad=counts["act"], odd=silent),
        tiles=[
            Tile(_("Devices"), len(rows)),
            Tile(_("Compliant"), counts["ok"], tone="ok"),
            Tile(_("Not compliant"), counts["act"], tone="act" if counts["act"] else "ok"),
            Tile(_("Not known"), silent, tone="watch" if silent else "ok"),
            Tile(_("Reported late"), len(late.rows), tone="watch" if late.rows else "ok"),
        ],
        parts=[Part(_("Devices"), columns, [list(row) for row in rows]), late],
    )


def _tone(is_known: bool, *, bad: int, odd: int) -> str:
    """Where nothing was heard nothing is known to be well."""
    if not is_known:
        return "unknown"
    return "act" if bad else "watch" if odd else "ok"


def _guarded(
    device: Device, tuning: Tuning, at: datetime
) -> tuple[str, str, str, datetime | None, Mark, str]:
    site = device.site
    numbers = tuning.of(SignalRule.POSTURE_DRIFT, site.pk, site.sector)
    state = getattr(device, "state", None)
    posture = state.posture if state else {}
    told_at = parse_datetime(str(posture.get("at", ""))) if posture else None
    wrong = drifted(posture, numbers) if numbers.is_on else {}
    words = ", ".join(
        str(POSTURE_WORDS[name]) + ("" if value is False else f" ({value})")
        for name, value in wrong.items()
    )
    if not numbers.is_on:
        mark = Mark(_("Not asked for"), "calm")
    elif told_at is None:
        mark = Mark(_("Never told"), "unknown")
    elif at - told_at > OLD:
        mark = Mark(_("Told too long ago"), "watch")
    else:
        mark = Mark(_("Not compliant"), "act") if wrong else Mark(_("Compliant"), "ok")
    sector = str(Sector(site.sector).label) if site.sector in Sector.values else ""
    return site.code, device.name, sector, told_at, mark, words


def sync_audit(user: User, at: datetime) -> OverviewPicture:
    """The syncs of thirty days: failures by place, and what was unusual."""
    since = at - MONTH
    sessions = SyncSession.objects.visible_to(user).filter(started_at__gte=since, started_at__lt=at)
    places = _places(sessions.values_list("device__site__code", "device__site__name", "outcome",
                                          "is_mismatch", "conflicts_flagged"))  # fmt: skip
    total = sum(place["all"] for place in places.values())
    failed = sum(place["failed"] for place in places.values())
    mismatched = sum(place["mismatched"] for place in places.values())
    signals = Signal.objects.visible_to(user).filter(rule__in=ANOMALIES, is_exercise=False)
    found = signals.filter(Q(closed_at=None) | Q(closed_at__gte=since), began_at__lt=at)
    anomalies = list(found.select_related("site").order_by("-began_at", "pk")[: MOST + 1])
    note = _("Only the newest %d are listed.") % MOST if len(anomalies) > MOST else ""
    return OverviewPicture(
        lead=_("%(n)d syncs in thirty days, %(failed)d did not end well, %(odd)d were unusual.")
        % {"n": total, "failed": failed, "odd": len(anomalies)},
        tone=_tone(bool(total or anomalies), bad=mismatched, odd=failed + len(anomalies)),
        tiles=[
            Tile(_("Syncs"), total, _("in thirty days")),
            Tile(_("Failed or cut off"), failed, tone="watch" if failed else "ok"),
            Tile(_("Checksums that differ"), mismatched, tone="act" if mismatched else "ok"),
            Tile(_("Anomalies"), len(anomalies), tone="watch" if anomalies else "ok"),
        ],
        parts=[
            Part(_("Failures by place"), _place_columns(), _place_rows(places)),
            Part(_("Anomalies"), _anomaly_columns(), _anomaly_rows(anomalies[:MOST]), note),
        ],
    )


def _places(rows: object) -> dict[tuple[str, str], Counter[str]]:
    places: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    bad = {SyncOutcome.FAILED, SyncOutcome.ABORTED, SyncOutcome.PARTIAL}
    for code, name, outcome, is_mismatch, conflicts in rows:  # type: ignore[attr-defined]
        place = places[code, name]
        place["all"] += 1
        place["failed"] += outcome in bad
        place["refused"] += outcome == SyncOutcome.REFUSED
        place["mismatched"] += is_mismatch
        place["conflicts"] += conflicts or 0
    return places


def _place_columns() -> list[PaperColumn]:
    return [
        PaperColumn(_("Site"), "w12", "mono"),
        PaperColumn(_("Name"), ""),
        PaperColumn(_("Syncs"), "w10", "num"),
        PaperColumn(_("Failed or cut off"), "w12", "num"),
        PaperColumn(_("Share, %"), "w10", "num"),
        PaperColumn(_("Refused by order"), "w12", "num"),
        PaperColumn(_("Checksums that differ"), "w12", "num"),
        PaperColumn(_("Conflicts"), "w10", "num"),
    ]


def _place_rows(places: dict[tuple[str, str], Counter[str]]) -> list[list[object]]:
    lines: list[list[object]] = [
        [code, name, one["all"], one["failed"], round(100 * one["failed"] / one["all"], 1),
         one["refused"], one["mismatched"], one["conflicts"]]
        for (code, name), one in places.items()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-float(str(line[4])), str(line[0])))


def _anomaly_columns() -> list[PaperColumn]:
    return [
        PaperColumn(_("Began"), "w15"),
        PaperColumn(_("Ended"), "w15"),
        PaperColumn(_("Site"), "w12", "mono"),
        PaperColumn(_("What it was"), "w20"),
        PaperColumn(_("In words"), ""),
    ]


def _anomaly_rows(found: list[Signal]) -> list[list[object]]:
    return [
        [
            one.began_at,
            one.closed_at or Mark(_("Goes on"), "act"),
            one.site.code if one.site else None,
            one.get_rule_display(),
            str(signal_title(one)),
        ]
        for one in found
    ]


def register() -> None:
    """Tell the registry."""
    register_overview(
        Overview(
            "device_compliance",
            gettext_lazy("Device compliance"),
            gettext_lazy("How each device is guarded, against the profile of its sector."),
            "telemetry.view_device",
            compliance,
        )
    )
    register_overview(
        Overview(
            "sync_audit",
            gettext_lazy("Sync audit"),
            gettext_lazy("The syncs of thirty days: failures by place, and what was unusual."),
            "telemetry.view_syncsession",
            sync_audit,
        )
    )
