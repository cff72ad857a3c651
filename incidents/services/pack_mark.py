"""Verbs of what was ticked on a site's page: it finds the incident, a person online decides."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.audit.verbs import verb
from incidents.models import (
    Incident,
    Operation,
    OperationKind,
    OperationOutcome,
    PlaybookRun,
    RunStatus,
    RunStep,
    TimelineKind,
)
from incidents.services.operation_log import Stamp, log_operation
from incidents.services.timeline import write_entry
from telemetry.models import PackMark, PackMarkKind
from telemetry.services.site_pack import settle_mark

MARKS_AT_ONCE = 200
_DONE = gettext_noop("%(site)s, on site (%(who)s): done: %(words)s")
_BACK = gettext_noop("%(site)s, on site (%(who)s): taken back: %(words)s")
_NOTED = gettext_noop("%(site)s, on site (%(who)s): %(words)s")
_SAYS = {PackMarkKind.TICK: _DONE, PackMarkKind.UNTICK: _BACK, PackMarkKind.NOTE: _NOTED}


def take_up_marks(*, at: datetime) -> str:
    """Bring what was ticked at sites to their open incidents; what has none stays with the site."""
    waiting = PackMark.objects.waiting().select_related("site", "device", "pack")
    marks = list(waiting.order_by("happened_at", "pk")[:MARKS_AT_ONCE])
    told = sum(take_up_mark(mark=mark, at=at) for mark in marks)
    return f"{told} told, {len(marks) - told} kept"


@verb
def take_up_mark(*, mark: PackMark, at: datetime) -> bool:
    """Tell one mark to the incident that is open at its site; say whether there was one."""
    run = _run_of(mark)
    incident = run.incident if run else _incident_of(mark)
    code = incident.code if incident else ""
    if not settle_mark(mark=mark, incident_code=code, at=at) or incident is None:
        return False
    step = _step_of(mark, run) if run else None
    _log(mark, incident, run, step, at=at)
    _tell(mark, incident, step, at=at)
    return True


def _incident_of(mark: PackMark) -> Incident | None:
    rows = Incident.objects.open().filter(
        sites__site=mark.site_id, started_at__lte=mark.received_at
    )
    # A real one before a rehearsal, the gravest first.
    return rows.order_by("-mode", "severity", "-started_at").first()


def _run_of(mark: PackMark) -> PlaybookRun | None:
    version = mark.item.split(".")[0]
    if not version.isdigit():
        return None
    runs = PlaybookRun.objects.select_for_update(of=("self",)).select_related("incident")
    return (
        runs.filter(
            version=int(version),
            status=RunStatus.RUNNING,
            incident__in=Incident.objects.open().filter(sites__site=mark.site_id),
        )
        .order_by("-mode", "-started_at")
        .first()
    )


def _step_of(mark: PackMark, run: PlaybookRun) -> RunStep | None:
    parts = mark.item.split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return None
    return RunStep.objects.filter(
        phase__run=run, phase__position=int(parts[1]), position=int(parts[2])
    ).first()


def _log(
    mark: PackMark,
    incident: Incident,
    run: PlaybookRun | None,
    step: RunStep | None,
    *,
    at: datetime,
) -> None:
    """One operation: the site's word is a proposal for a person online, once; then a note.

    Whoever stood at the site's machine did not sign in, and one site's tick does not speak for
    the other sites of the incident: so it never completes a step by itself.
    """
    proposes = mark.kind == PackMarkKind.TICK and _is_open(step)
    payload: dict[str, Any] = {"site": mark.site.code, "who": _who(mark)}
    payload |= {"what": "tick"} if proposes else {"text": _words(mark)}
    log_operation(
        kind=OperationKind.PROPOSE if proposes else OperationKind.NOTE,
        actor=None,
        at=at,
        incident=incident,
        run=run,
        step=step,
        payload=payload,
        stamp=Stamp(
            op_id=mark.op_id,
            device=f"site-{mark.device_id}",
            client_time=mark.said_at,
            happened_at=mark.happened_at,
            uncertainty_ms=mark.uncertainty_ms,
            is_queued=True,
        ),
        outcome=OperationOutcome.PROPOSED if proposes else OperationOutcome.APPLIED,
    )


def _is_open(step: RunStep | None) -> bool:
    """Whether the step still waits, and no other proposal about it does."""
    if step is None or step.is_settled:
        return False
    rows = Operation.objects.filter(step=step).values_list("op_id", "kind", "payload")
    answered = {
        str(said.get("proposal")) for _id, kind, said in rows if kind == OperationKind.ANSWER
    }
    return not any(
        str(op_id) not in answered for op_id, kind, _said in rows if kind == OperationKind.PROPOSE
    )


def _tell(mark: PackMark, incident: Incident, step: RunStep | None, *, at: datetime) -> None:
    write_entry(
        incident=incident,
        kind=TimelineKind.STEP if step else TimelineKind.NOTE,
        message=_SAYS[PackMarkKind(mark.kind)],
        params={
            "site": mark.site.code,
            "who": _who(mark),
            "words": step.text if step else _words(mark),
            "from_device": True,
        },
        actor=None,
        at=at,
        happened_at=mark.happened_at,
    )


def _who(mark: PackMark) -> str:
    return mark.who or mark.device.name


def _words(mark: PackMark) -> str:
    return mark.words or mark.item
