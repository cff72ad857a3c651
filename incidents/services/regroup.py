"""Verbs of regrouping: what began as several small incidents turns out to be one outage."""

from datetime import datetime

from django.utils.translation import gettext_noop

from bcp_portal.audit.verbs import verb
from incidents.models import Alert, Importance, Incident, Playbook, TimelineKind
from incidents.services.incident import change_severity
from incidents.services.timeline import write_entry
from incidents.services.triage_rules import full_key, mode_of, severity_for, triage_of
from incidents.services.verdict import amend_verdict, merge_incident, widen_incident
from telemetry.models import Signal

EXPLAINED = gettext_noop("A larger outage explains it")


@verb
def adopt_small_incidents(
    *, signal: Signal, group_key: str, plan: Playbook | None, at: datetime
) -> Incident | None:
    """Let the first of the small incidents that a larger signal explains become the large one.

    The plan proposed for it is now the one for the larger outage. Nobody is called twice and the
    first verdict stays on record; the other small ones are merged into it. None when there is no
    small one.
    """
    small = list(_explained(signal))
    if not small:
        return None
    first = widen_incident(
        incident=small[0],
        group_key=group_key,
        title=signal.title,
        title_params=signal.params,
        at=at,
    )
    verdict = {"rule": signal.rule, "key": full_key(signal), "sums": signal.sums}
    first = amend_verdict(
        incident=first,
        kind=triage_of(signal).kind,
        verdict=verdict,
        reason=EXPLAINED,
        actor=None,
        at=at,
    )
    if first.suggested_playbook_id != (plan.pk if plan else None):
        first.suggested_playbook = plan
        first.save(update_fields=["suggested_playbook"])
    for other in small[1:]:
        put_together(small=other, into=first, at=at)
    worse = severity_for(
        signal_severity=signal.severity,
        site_criticalities=list(first.sites.values_list("site__criticality", flat=True)),
    )
    if worse < first.severity:
        first = change_severity(incident=first, severity=worse, actor=None, at=at)
    return first


@verb
def gather_orphans(*, signal: Signal, incident: Incident) -> int:
    """Take in the alerts that came before the larger signal which explains them."""
    orphans = Alert.objects.unresolved().filter(
        incident=None, mode=incident.mode, folded__signal__parent_key=full_key(signal)
    )
    return Alert.objects.filter(pk__in=list(orphans.values_list("pk", flat=True))).update(
        incident=incident
    )


@verb
def leave_small_incident(*, incident: Incident, into: Incident, at: datetime) -> None:
    """An alert has moved to the larger incident; a small one that lost its last alert goes too."""
    if incident.is_ongoing and not incident.alerts.unresolved().exists():
        put_together(small=incident, into=into, at=at)


@verb
def put_together(*, small: Incident, into: Incident, at: datetime) -> None:
    """Merge a small incident into the one that explains it, unless people work on it already."""
    if (small.sensitive_at is None) != (into.sensitive_at is None):
        return  # what only named people see is neither mixed in nor named elsewhere
    if not small.runs.exists() and not small.decisions.exists() and small.contained_at is None:
        merge_incident(incident=small, into=into, actor=None, at=at, reason=EXPLAINED)
        return
    # People are at work there: what they do is not taken from under their hands.
    write_entry(
        incident=small,
        kind=TimelineKind.VERDICT,
        message=gettext_noop("This looks like a part of %(code)s. Merge it when you agree."),
        params={"code": into.code},
        actor=None,
        at=at,
        importance=Importance.KEY,
    )


def _explained(signal: Signal) -> "list[Incident]":
    """Ongoing incidents of single sites, all of whose open signals this one explains."""
    sites = set(signal.site_ids)
    candidates = (
        Incident.objects.ongoing()
        .common()
        .filter(mode=mode_of(signal), kind="local", group_key__startswith="local:site:")
        .order_by("declared_at", "pk")
        .prefetch_related("sites")
    )
    found = []
    for incident in candidates:
        hit = {link.site_id for link in incident.sites.all()}
        if hit and hit <= sites and not incident.runs.exists():
            found.append(incident)
    return found
