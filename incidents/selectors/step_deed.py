"""The button beside a step: where what it orders is done, with what is known already filled in."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from incidents.models import Incident, IncidentSite, PlaybookRun, RunStep
from incidents.playbooks.actions import ACTION_RULES, ActionRule

ORDERS = {"offline_mode": "offline", "freeze_site": "freeze", "freeze_all": "freeze"}


@dataclass(frozen=True)
class StepDeed:
    """One button: words, place, and whose right it takes."""

    label: str
    url: str
    right: str
    icon: str
    # The portal has begun it, or will as soon as the step can be done.
    goes_alone: bool


def step_deed(
    step: RunStep, run: PlaybookRun, incident: Incident, sites: Sequence[IncidentSite]
) -> StepDeed | None:
    """What a press beside this step leads to; None where a tick is all there is."""
    kind = str(step.action.get("kind", ""))
    rule = ACTION_RULES.get(kind)
    if rule is None:
        return None
    return StepDeed(
        label=str(rule.label),
        url=_place(kind, step, run, incident, sites),
        right=rule.right,
        icon=rule.icon,
        goes_alone=_goes_alone(step, rule),
    )


def _goes_alone(step: RunStep, rule: ActionRule) -> bool:
    return bool(step.action.get("auto")) and rule.goes_alone


def _place(
    kind: str,
    step: RunStep,
    run: PlaybookRun,
    incident: Incident,
    sites: Sequence[IncidentSite],
) -> str:
    if kind in ORDERS:
        # A rehearsal orders nothing; it shows on the timeline what would have been ordered.
        if incident.is_exercise:
            return ""
        hit = [] if kind == "freeze_all" else [s.site.code for s in sites if not s.recovered_at]
        return _with(
            reverse("telemetry:order_give"),
            action=ORDERS[kind],
            sites=" ".join(hit),
            incident_code=incident.code,
            authority=run.version.code,
            reason=f"{incident.code}: {step.said('text')}"[:300],
        )
    if kind == "update":
        return _with(
            reverse("incidents:update", args=[incident.code]),
            audience=str(step.action.get("audience", "")),
            template=str(step.action.get("template", "")),
            text=str(step.action.get("text", "")),
        )
    if kind == "failover":
        return reverse("incidents:step_switch", args=[step.pk])
    if kind in _PLAIN:
        return reverse(_PLAIN[kind])
    return ""


_PLAIN = {
    "lift_freeze": "telemetry:orders",
    "waves": "telemetry:wave_plan",
    "revoke_device": "telemetry:devices",
    "wipe_device": "telemetry:devices",
}


def _with(place: str, **words: str) -> str:
    said = urlencode({name: word for name, word in words.items() if word})
    return f"{place}?{said}" if said else place
