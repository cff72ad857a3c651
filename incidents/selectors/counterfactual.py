"""The incident's calls under every other policy, with the sums that lead to the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration
from incidents.counterfactual import Answer, Replay, replay_calls
from incidents.models import EscalationPolicy, Incident, NoticeKind
from incidents.selectors.duty import people_on_rung, policy_snapshot, snapshot_for


@dataclass(frozen=True)
class WhatIf:
    """One policy: when somebody would have had it, and how much sooner that is."""

    policy: str
    was_in_force: bool
    replay: Replay
    # Sooner is positive, later negative; None where it cannot be said.
    gain: timedelta | None
    sums: list[str]

    @property
    def verdict(self) -> str:
        """The answer in one sentence."""
        if self.gain is None:
            return _("Nobody on this policy is known to have answered: it cannot be said.")
        if self.gain > timedelta():
            return _("The answer would have come %(span)s earlier.") % {"span": _span(self.gain)}
        if self.gain < timedelta():
            return _("The answer would have come %(span)s later.") % {"span": _span(-self.gain)}
        return _("The answer would have come at the same time.")


@dataclass(frozen=True)
class Counterfactual:
    """What was, and what each policy would have made of it."""

    alerted_at: datetime | None
    began_at: datetime | None
    answered: Answer | None
    what_ifs: list[WhatIf]


def counterfactual(incident: Incident) -> Counterfactual:
    """Replay the calls of an incident under every policy that is not retired."""
    first = incident.escalations.order_by("started_at", "pk").first()
    alert = incident.alerts.order_by("raised_at").values_list("raised_at", flat=True).first()
    if first is None:
        return Counterfactual(alert, None, None, [])
    answers = _answers(incident)
    quickest = min(answers, key=lambda one: one.answered_at, default=None)
    policies = EscalationPolicy.objects.for_detail().filter(retired_at=None).order_by("name")
    what_ifs = []
    for policy in policies:
        plan = snapshot_for(policy_snapshot(policy), severity=incident.severity)
        replay = replay_calls(
            plan, began_at=first.started_at, answers=answers, resolve=_resolver(incident)
        )
        gain = None
        if quickest is not None and replay.answered_at is not None:
            gain = quickest.answered_at - replay.answered_at
        what_ifs.append(
            WhatIf(
                policy=policy.name,
                was_in_force=policy.pk == first.policy_id,
                replay=replay,
                gain=gain,
                sums=_sums(replay, quickest, gain),
            )
        )
    never = timedelta(days=-9999)
    what_ifs.sort(key=lambda one: one.gain if one.gain is not None else never, reverse=True)
    return Counterfactual(alert, first.started_at, quickest, what_ifs)


def _answers(incident: Incident) -> list[Answer]:
    """Who answered: from the first call that person got to the first answer they gave."""
    calls = (
        incident.notices.filter(kind=NoticeKind.CALL)
        .select_related("person")
        .order_by("created_at", "pk")
    )
    called: dict[int, datetime] = {}
    answers: dict[int, Answer] = {}
    for call in calls:
        begin = called.setdefault(call.person_id, call.created_at)
        if call.acknowledged_at is None:
            continue
        known = answers.get(call.person_id)
        if known is None or call.acknowledged_at < known.answered_at:
            name = call.person.name
            answers[call.person_id] = Answer(call.person_id, name, begin, call.acknowledged_at)
    return list(answers.values())


def _resolver(incident: Incident) -> Any:
    def resolve(targets: Sequence[dict[str, Any]], at: datetime) -> list[tuple[int, str]]:
        people = people_on_rung(targets, incident=incident, at=at)
        return [(person.pk, person.name) for person in people]

    return resolve


def _sums(replay: Replay, quickest: Answer | None, gain: timedelta | None) -> list[str]:
    """The arithmetic, line by line, as a person would write it down."""
    lines = [
        _("Level %(level)s at %(moment)s (+%(after)s): %(names)s")
        % {
            "level": rung.level,
            "moment": _clock(rung.called_at),
            "after": _span(rung.called_at - replay.began_at),
            "names": ", ".join(rung.names) or _("nobody on duty"),
        }
        for rung in replay.rungs[:8]
    ]
    if replay.answer is None or replay.called_at is None or replay.answered_at is None:
        return lines
    lines.append(
        _("%(name)s took %(took)s from call to answer in fact: %(called)s + %(took)s = %(answer)s")
        % {
            "name": replay.answer.name,
            "took": _span(replay.answer.took),
            "called": _clock(replay.called_at),
            "answer": _clock(replay.answered_at),
        }
    )
    if quickest is not None and gain is not None:
        lines.append(
            _("In fact %(name)s answered at %(fact)s; %(fact)s − %(answer)s = %(gain)s")
            % {
                "name": quickest.name,
                "fact": _clock(quickest.answered_at),
                "answer": _clock(replay.answered_at),
                "gain": _span(gain) if gain >= timedelta() else f"−{_span(-gain)}",
            }
        )
    return lines


def _clock(moment: datetime) -> str:
    return localtime(moment).strftime("%H:%M:%S")


def _span(span: timedelta) -> str:
    return format_duration(span)
