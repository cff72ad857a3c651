"""Verbs of the way back: a decision handed to a site, and the case closed when all sites agree."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bcp_portal.audit.verbs import audit, verb
from telemetry.models import (
    ConflictCase,
    ConflictDecision,
    ConflictSite,
    ConflictState,
    StreamState,
    SyncOutcome,
    SyncSession,
)
from telemetry.models.conflict_case import EventKind, PlaceState
from telemetry.models.conflict_decision import DecisionState
from telemetry.services.conflict_note import move_case, note

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Evidence:
    """What a site reported: a digest of one scope, or that a whole stream agrees with its peer."""

    at: datetime
    stream_name: str
    scope: str
    digest: str
    is_agreed_stream: bool


@verb
def mark_instructions_sent(*, site_id: int, uids: Iterable[UUID], at: datetime) -> int:
    """Note that a site was handed these decisions; return for how many this was the first time."""
    decisions = ConflictDecision.objects.in_force().filter(uid__in=list(uids))
    fresh = list(
        ConflictSite.objects.select_for_update(of=("self",))
        .filter(case_id__in=decisions.values("case_id"), site_id=site_id, state=PlaceState.WAITING)
        .select_related("case", "site")
    )
    for place in fresh:
        place.state, place.sent_at = PlaceState.SENT, at
        place.save(update_fields=["state", "sent_at"])
        note(case=place.case, kind=EventKind.SENT, at=at, site=place.site)
    first = decisions.filter(
        state=DecisionState.WAITING, case_id__in=[place.case_id for place in fresh]
    )
    first.update(state=DecisionState.SENT, sent_at=at)
    return len(fresh)


@verb
def check_agreement(*, at: datetime) -> str:
    """Hold decided cases against what their sites report; close those on which all agree."""
    cases = list(
        ConflictCase.objects.select_for_update()
        .filter(state=ConflictState.DECIDED)
        .order_by("pk")[:MOST_AT_ONCE]
    )
    decisions = {
        decision.case_id: decision
        for decision in ConflictDecision.objects.in_force().filter(case__in=cases)
    }
    places: dict[int, list[ConflictSite]] = defaultdict(list)
    for place in ConflictSite.objects.filter(case__in=cases).select_related("site"):
        places[place.case_id].append(place)
    told = _evidence(cases, decisions.values(), places)
    settled = 0
    for case in cases:
        decision = decisions.get(case.pk)
        if decision is not None:
            settled += _compare(case, decision, places[case.pk], told, at=at)
    return f"{len(cases)} decided, {settled} settled"


def _since(decision: ConflictDecision) -> datetime:
    return decision.confirmed_at or decision.decided_at


def _evidence(
    cases: list[ConflictCase],
    decisions: Iterable[ConflictDecision],
    places: dict[int, list[ConflictSite]],
) -> dict[int, list[Evidence]]:
    """What the sites concerned reported since the earliest of the decisions; two queries."""
    found: dict[int, list[Evidence]] = defaultdict(list)
    since = min((_since(decision) for decision in decisions), default=None)
    sites = {place.site_id for case in cases for place in places[case.pk]}
    if since is None:
        return found
    sessions = SyncSession.objects.filter(
        device__site_id__in=sites, received_at__gt=since, started_at__gt=since
    ).select_related("device")
    for session in sessions:
        ours, theirs = session.digest_after, session.digest_peer_after
        whole = session.outcome == SyncOutcome.OK and bool(ours and theirs)
        found[session.device.site_id].append(
            Evidence(
                at=session.started_at,
                stream_name=session.stream_name,
                scope=str(ours.get("scope", "")),
                digest=str(ours.get("value", "")),
                is_agreed_stream=whole and not session.is_mismatch,
            )
        )
    states = StreamState.objects.filter(
        stream__site_id__in=sites, sampled_at__gt=since
    ).select_related("stream")
    for state in states:
        scope, digest = state.digest.get("scope", ""), state.digest.get("value", "")
        found[state.stream.site_id].append(
            Evidence(state.sampled_at, state.stream.name, str(scope), str(digest), False)
        )
    return found


def _compare(
    case: ConflictCase,
    decision: ConflictDecision,
    places: list[ConflictSite],
    told: dict[int, list[Evidence]],
    *,
    at: datetime,
) -> bool:
    """Bring the places of a case up to date; settle it when all of them agree."""
    for place in places:
        if (verdict := _verdict(case, decision, place, told[place.site_id])) is not None:
            _note_report(case, place, *verdict, at=at)
    if not places or any(place.state != PlaceState.AGREED for place in places):
        return False
    decision.state, decision.settled_at = DecisionState.SETTLED, at
    decision.save(update_fields=["state", "settled_at"])
    case.settled_at = at
    move_case(case=case, to=ConflictState.SETTLED, fields=("settled_at",))
    audit(action="conflict.settle", obj=case, actor=None, at=at, after={"digest": decision.digest})
    note(case=case, kind=EventKind.SETTLED, at=at)
    return True


def _verdict(
    case: ConflictCase, decision: ConflictDecision, place: ConflictSite, told: list[Evidence]
) -> tuple[PlaceState, str] | None:
    """What the newest word of a site about this record says; None: it said nothing about it.

    A digest of the record itself counts as it is. That a whole stream agrees with its peer counts
    only once the site has been told, because both may agree on what was there before.
    """
    verdict = None
    for word in sorted(told, key=lambda one: one.at):
        if word.at <= _since(decision):
            continue
        if word.scope == case.scope and word.digest:
            agrees = word.digest == decision.digest
            verdict = (PlaceState.AGREED if agrees else PlaceState.DISAGREES), word.digest
        elif _proves(case, place, word):
            verdict = PlaceState.AGREED, ""
    return verdict


def _proves(case: ConflictCase, place: ConflictSite, word: Evidence) -> bool:
    was_told = place.sent_at is not None and word.at > place.sent_at
    return was_told and word.is_agreed_stream and word.stream_name == case.stream_name


def _note_report(
    case: ConflictCase, place: ConflictSite, state: PlaceState, digest: str, *, at: datetime
) -> None:
    if place.state == state and place.reported_digest == digest:
        return
    place.state, place.reported_digest, place.reported_at = state, digest, at
    place.save(update_fields=["state", "reported_digest", "reported_at"])
    kind = EventKind.AGREED if state == PlaceState.AGREED else EventKind.DISAGREED
    note(case=case, kind=kind, at=at, site=place.site)
