"""What a browser takes along: open incidents with their runs, people to call, the own sites."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Prefetch

from assets.models import Site
from bcp_portal.accounts.models import User
from incidents.models import (
    Incident,
    IncidentRole,
    Operation,
    PlaybookRun,
    RoleName,
    RunPhase,
    RunStatus,
    RunStep,
)
from incidents.offline.proposals import order_choices
from incidents.selectors.playbook_page import duty_now
from incidents.selectors.run_log import told_out
from telemetry.models import ConflictCase, NodeState

# How long a device may show it without having heard from us again.
LEASE = timedelta(hours=72)
TIMELINE_TAKEN = 40
SITES_TAKEN = 500


def offline_pack(user: User, *, at: datetime) -> dict[str, Any]:
    """Everything for one person, within their sites; plain values only."""
    incidents = list(
        Incident.objects.visible_to(user)
        .open()
        .for_list()
        .prefetch_related(
            Prefetch("runs", _runs()),
            Prefetch("roles", IncidentRole.objects.filter(ended_at=None).select_related("user")),
            "sites__site",
        )
        .order_by("severity", "-declared_at")
    )
    may_call = user.has_perm("incidents.view_escalationpolicy")
    return {
        "now": _millis(at),
        "lease_until": _millis(at + LEASE),
        "person": {"id": user.pk, "username": user.username, "name": user.name},
        "can_work": user.has_perm("incidents.work_incident"),
        "can_command": user.has_perm("incidents.run_incident"),
        "roles": [[name, str(label)] for name, label in RoleName.choices],
        "orders": order_choices(),
        "incidents": [_incident(incident) for incident in incidents],
        "contacts": _contacts(incidents, at=at) if may_call else [],
        "sites": _sites(user),
        "conflicts": _conflicts(user),
    }


def _runs() -> Any:
    steps = RunStep.objects.select_related("done_by").order_by("position")
    phases = RunPhase.objects.order_by("position").prefetch_related(Prefetch("steps", steps))
    return (
        PlaybookRun.objects.select_related("version__playbook")
        .exclude(status=RunStatus.ABANDONED)
        .prefetch_related(
            Prefetch("phases", phases),
            Prefetch(
                "operations",
                Operation.objects.standing().select_related("actor").order_by("pk"),
            ),
        )
        .order_by("-started_at")
    )


def _incident(incident: Incident) -> dict[str, Any]:
    entries = incident.timeline.select_related("actor").order_by("-happened_at", "-pk")
    return {
        "code": incident.code,
        "title": incident.headline,
        "severity": incident.severity,
        "status": incident.status,
        "status_label": str(incident.get_status_display()),
        "is_exercise": incident.is_exercise,
        "began": _millis(incident.started_at),
        "summary": incident.summary,
        "commander": incident.commander.name if incident.commander else "",
        "sites": [f"{link.site.code} {link.site.name}" for link in incident.sites.all()],
        "held": {held.role: held.user.username for held in incident.roles.all()},
        "runs": [_run(run) for run in incident.runs.all()],
        "timeline": [
            {
                "at": _millis(entry.happened_at),
                "text": entry.text,
                "who": entry.actor.name if entry.actor else "",
            }
            for entry in entries[:TIMELINE_TAKEN]
        ],
    }


def _run(run: PlaybookRun) -> dict[str, Any]:
    operations = [told_out(row) for row in run.operations.all()]
    return {
        "id": run.pk,
        "version": run.version_id,
        "code": str(run.version),
        "title": run.version.playbook.said("title"),
        "status": run.status,
        "cursor": operations[-1]["cursor"] if operations else 0,
        "operations": operations,
        "phases": [_phase(phase) for phase in run.phases.all()],
    }


def _phase(phase: RunPhase) -> dict[str, Any]:
    return {
        "name": phase.said("name"),
        "place": "done" if phase.finished_at else "now" if phase.started_at else "later",
        "steps": [_step(step) for step in phase.steps.all()],
    }


def _step(step: RunStep) -> dict[str, Any]:
    return {
        "id": step.pk,
        "text": step.said("text"),
        "instructions": step.said("instructions"),
        "role": str(step.get_role_display()) if step.role else "",
        "authority": step.authority,
        "two": step.needs_second_person,
        "evidence": step.said("evidence"),
        "decision": step.is_decision,
        "options": [list(choice) for choice in step.choices],
        "status": step.status,
        "due": _millis(step.due_at) if step.due_at else None,
    }


def _contacts(incidents: Iterable[Incident], *, at: datetime) -> list[dict[str, str]]:
    """Whoever holds a role in an open incident, and whoever would be called now."""
    why: dict[int, str] = {}
    people: dict[int, User] = {}
    for incident in incidents:
        for held in incident.roles.all():
            people[held.user_id] = held.user
            why.setdefault(held.user_id, f"{incident.code}: {held.get_role_display()}")
    for report in duty_now(at=at):
        callees = [callee for rung in report.rungs for callee in rung.callees]
        for callee in (*callees, report.fallback):
            people[callee.user.pk] = callee.user
            why.setdefault(callee.user.pk, report.policy.name)
    return [
        {
            "name": person.name,
            "username": person.username,
            "why": why[pk],
            "phone": person.phone,
            "mail": person.email,
        }
        for pk, person in sorted(people.items(), key=lambda pair: pair[1].name)
    ]


def _sites(user: User) -> list[dict[str, Any]]:
    if not user.has_perm("assets.view_site"):
        return []
    sites = Site.objects.visible_to(user).filter(closed_on=None).select_related("state")
    return [_site(site) for site in sites.order_by("criticality", "code")[:SITES_TAKEN]]


def _conflicts(user: User) -> list[dict[str, Any]]:
    """The cases that this person has to settle: what they are about and where, not their values."""
    if not user.has_perm("telemetry.see_conflict_values"):
        return []
    cases = ConflictCase.objects.visible_to(user).waiting().filter(owner=user)
    return [
        {
            "code": case.code,
            "record": f"{case.entity} {case.key}",
            "why": case.get_why_display(),
            "due": _millis(case.due_at),
            "sites": [place.site.code for place in case.places.all()],
        }
        for case in cases.prefetch_related("places__site").order_by("due_at")[:SITES_TAKEN]
    ]


def _site(site: Site) -> dict[str, Any]:
    state = getattr(site, "state", None)
    return {
        "code": site.code,
        "name": site.name,
        "phone": site.phone,
        "address": site.address,
        "state": str(NodeState(state.node_state).label) if state else "",
        "since": _millis(state.since) if state and state.since else None,
    }


def _millis(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
