"""Verbs of the verdict: what we believe it is may change; what we believed first is kept."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import (
    INCIDENT_LIFECYCLE,
    Importance,
    Incident,
    IncidentAsset,
    IncidentKind,
    IncidentSite,
    IncidentStatus,
    TimelineKind,
    VerdictChange,
)
from incidents.models.wording import message_id, render_message
from incidents.services.escalation import stop_escalations
from incidents.services.reporting import start_due_clocks
from incidents.services.run import abandon_runs
from incidents.services.run_facts import weigh_conditions
from incidents.services.timeline import write_entry


@verb
def amend_verdict(
    *,
    incident: Incident,
    kind: str,
    verdict: dict[str, Any],
    reason: str,
    actor: User | None,
    at: datetime,
) -> Incident:
    """Say that it is something else than we thought, and why; the first verdict stays on record."""
    if not reason.strip():
        raise DomainError(_("Say what changed your mind."))
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    was = locked.kind
    locked.kind = kind
    locked.verdict = verdict
    locked.save(update_fields=["kind", "verdict"])
    VerdictChange.objects.create(
        incident=locked, kind=kind, verdict=verdict, reason=reason, actor=actor, changed_at=at
    )
    write_entry(
        incident=locked,
        kind=TimelineKind.VERDICT,
        message=gettext_noop("Verdict: %(old_label)s → %(new_label)s. %(reason_label)s"),
        params={
            "old_label": message_id(IncidentKind(was).label),
            "new_label": message_id(IncidentKind(kind).label),
            "reason_label": reason,
        },
        actor=actor,
        at=at,
        importance=Importance.KEY,
    )
    audit(
        action="incident.verdict",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        before={"kind": was},
        after={"kind": kind, "verdict": verdict},
    )
    weigh_conditions(incident=locked, at=at)
    start_due_clocks(incident=locked, at=at)
    return locked


@verb
def widen_incident(
    *,
    incident: Incident,
    group_key: str,
    title: str,
    title_params: dict[str, Any],
    at: datetime,
) -> Incident:
    """Let an incident that began small stand for the whole outage."""
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    locked.group_key = group_key
    locked.title = render_message(title, title_params)[:200]
    locked.title_message, locked.title_params = title, title_params
    locked.save(update_fields=["group_key", "title", "title_message", "title_params"])
    return locked


@verb
def merge_incident(
    *, incident: Incident, into: Incident, actor: User | None, at: datetime, reason: str = ""
) -> Incident:
    """Say that two incidents are one outage: the first is put away and points to the second."""
    is_mixed = (incident.sensitive_at is None) != (into.sensitive_at is None)
    if incident.pk == into.pk or incident.mode != into.mode or is_mixed:
        raise DomainError(_("These two cannot be one incident."))
    # The lower key first: two merges the opposite way round must not wait for each other.
    rows = {
        row.pk: row
        for row in Incident.objects.select_for_update()
        .filter(pk__in=[incident.pk, into.pk])
        .order_by("pk")
    }
    locked, target = rows[incident.pk], rows[into.pk]
    INCIDENT_LIFECYCLE.check(IncidentStatus(locked.status), IncidentStatus.MERGED)
    if not target.is_open:
        raise DomainError(_("%(code)s is over.") % {"code": target.code})
    locked.status = IncidentStatus.MERGED
    locked.merged_into = target
    locked.save(update_fields=["status", "merged_into"])
    locked.alerts.update(incident=target)
    _carry_extent(locked, target)
    target.started_at = min(target.started_at, locked.started_at)
    target.save(update_fields=["started_at"])
    weigh_conditions(incident=target, at=at)
    stop_escalations(incident=locked, actor=actor, at=at, reason="merged")
    abandon_runs(incident=locked, actor=actor, at=at, reason=_("Merged into another incident."))
    for told, words in (
        (locked, gettext_noop("Merged into %(code)s: the same outage")),
        (target, gettext_noop("%(code)s was the same outage and is part of this one now")),
    ):
        write_entry(
            incident=told,
            kind=TimelineKind.STATUS,
            message=words,
            params={"code": target.code if told is locked else locked.code},
            actor=actor,
            at=at,
            importance=Importance.KEY,
        )
    audit(
        action="incident.merge",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        after={"into": target.code},
    )
    return target


def _carry_extent(old: Incident, new: Incident) -> None:
    known_sites = set(new.sites.values_list("site_id", flat=True))
    IncidentSite.objects.bulk_create(
        IncidentSite(
            incident=new,
            site_id=link.site_id,
            affected_at=link.affected_at,
            contained_at=link.contained_at,
            recovered_at=link.recovered_at,
        )
        for link in old.sites.all()
        if link.site_id not in known_sites
    )
    known_assets = set(new.assets.values_list("asset_id", flat=True))
    IncidentAsset.objects.bulk_create(
        IncidentAsset(
            incident=new,
            asset_id=hit.asset_id,
            rto=hit.rto,
            rpo=hit.rpo,
            mtpd=hit.mtpd,
            gated_by_id=hit.gated_by_id,
            down_at=hit.down_at,
            recovered_at=hit.recovered_at,
        )
        for hit in old.assets.all()
        if hit.asset_id not in known_assets
    )
