"""The log of runs as devices and pages read it: operations, state, and what contradicts what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Incident, Operation, OperationKind, PlaybookRun, RunStep
from incidents.offline.fold import fold, state_hash
from incidents.offline.proposals import ORDER, PROPOSAL_WORDS, order_words

CLASH_WORDS = {
    "done_skipped": gettext_lazy("Done and skipped"),
    "taken_back": gettext_lazy("Taken back while somebody else ticked it"),
    "choice": gettext_lazy("Two different choices"),
    "role": gettext_lazy("A role given to two people"),
}
HOLDS_WORDS = {
    "done": gettext_lazy("done"),
    "skipped": gettext_lazy("skipped"),
    "nothing": gettext_lazy("nothing yet"),
}
_KEEPS = {
    "done_skipped": (("done", gettext_lazy("It was done")), ("skipped", gettext_lazy("Leave out"))),
    "taken_back": (("done", gettext_lazy("It was done")), ("open", gettext_lazy("Do it again"))),
    "role": (("as_is", gettext_lazy("Leave it so")),),
}


@dataclass(frozen=True)
class SideLine:
    """One side of a clash or a proposal: who, what, when, and how sure that is."""

    operation: Operation
    what: str
    who: str
    earliest: datetime | None
    latest: datetime | None

    @property
    def is_exact(self) -> bool:
        """Whether the interval is too short to be worth two times."""
        if self.earliest is None or self.latest is None:
            return False
        return self.latest - self.earliest < timedelta(seconds=1)

    @property
    def device(self) -> str:
        """Enough of the device's name to tell two apart."""
        return self.operation.device[:8]

    @property
    def is_late(self) -> bool:
        """Whether it arrived noticeably after it was done."""
        op = self.operation
        return op.received_at - op.happened_at > timedelta(minutes=1)


@dataclass(frozen=True)
class ClashCard:
    """A contradiction in a run: both sides, and what holds now."""

    run: PlaybookRun
    key: str
    title: str
    subject: str
    sides: list[SideLine]
    holds: str
    is_open: bool
    is_certain: bool
    keeps: list[tuple[str, str]]


@dataclass(frozen=True)
class ProposalCard:
    """Something proposed without a link that a person online has to answer."""

    operation: Operation
    subject: str
    chosen: str
    side: SideLine

    @property
    def is_order(self) -> bool:
        """Whether somebody gives it on the page of orders, after a fresh sign-in."""
        return bool(self.operation.payload.get("what") == ORDER)


@dataclass(frozen=True)
class Merge:
    """What came from devices into one incident, and what still waits for a person."""

    clashes: list[ClashCard]
    proposals: list[ProposalCard]
    refused: list[SideLine]
    queued: list[SideLine]

    @property
    def open_clashes(self) -> list[ClashCard]:
        """The clashes that nobody has settled."""
        return [card for card in self.clashes if card.is_open]

    @property
    def needs_somebody(self) -> bool:
        """Whether anything waits for a person."""
        return bool(self.open_clashes or self.proposals or self.refused)


def merge_of(incident: Incident, *, until: datetime | None = None) -> Merge:
    """Everything that devices brought into an incident, perhaps up to a moment; one query."""
    found = incident.operations.select_related("actor", "step", "run__version__playbook")
    if until is not None:
        found = found.filter(received_at__lte=until)
    rows = list(found.order_by("pk"))
    by_run: dict[int, list[Operation]] = {}
    for row in rows:
        if row.run_id is not None and row.outcome != "refused":
            by_run.setdefault(row.run_id, []).append(row)
    clashes: list[ClashCard] = []
    for ops in by_run.values():
        clashes += _clashes(ops)
    answered = {row.payload.get("proposal") for row in rows if row.kind == OperationKind.ANSWER}
    waiting = [
        row
        for row in rows
        if row.kind == OperationKind.PROPOSE
        and row.outcome != "refused"
        and str(row.op_id) not in answered
    ]
    queued = sorted((row for row in rows if row.is_queued), key=lambda row: row.happened_at)
    return Merge(
        clashes=clashes,
        proposals=[_proposal(row) for row in waiting],
        refused=[side_line(row) for row in rows if row.outcome == "refused"],
        queued=[side_line(row) for row in queued],
    )


def side_line(op: Operation) -> SideLine:
    """One operation as people read it; the clock as an interval."""
    spread = None if op.uncertainty_ms is None else timedelta(milliseconds=op.uncertainty_ms)
    return SideLine(
        operation=op,
        what=_what(op),
        who=op.actor.name if op.actor else _who_on_site(op) or _("the portal"),
        earliest=None if spread is None else op.happened_at - spread,
        # Nothing can have happened after we heard of it, whatever the clock says.
        latest=op.received_at if spread is None else min(op.happened_at + spread, op.received_at),
    )


def _who_on_site(op: Operation) -> str:
    """Somebody at a site's machine, who did not sign in: the site, and the name that was given."""
    said = op.payload
    return f"{said['site']}: {said['who']}" if said.get("site") and said.get("who") else ""


def run_answer(run: PlaybookRun, *, after: int) -> dict[str, Any]:
    """The canonical state of a run, and the operations that a device has not seen; two queries."""
    standing = Operation.objects.standing().filter(run=run)
    told = standing.order_by("pk").told()
    unseen = standing.after(after).select_related("actor")
    state = fold(op for _cursor, op in told)
    return {
        "status": run.status,
        "version": run.version_id,
        "cursor": told[-1][0] if told else 0,
        "operations": [told_out(row) for row in unseen],
        "state": state,
        "hash": state_hash(state),
    }


def told_out(row: Operation) -> dict[str, Any]:
    """An operation as devices get it: what the fold needs, and what people want to read."""
    return row.told() | {
        "cursor": row.pk,
        "who": row.actor.name if row.actor else _who_on_site(row),
        "received": int(row.received_at.astimezone(UTC).timestamp() * 1000),
        "queued": row.is_queued,
        "outcome": row.outcome,
        "detail": row.detail,
    }


def _clashes(ops: Iterable[Operation]) -> list[ClashCard]:
    rows = {str(op.op_id): op for op in ops}
    return [_card(clash, rows) for clash in fold(row.told() for row in rows.values())["clashes"]]


def _card(clash: Mapping[str, Any], rows: Mapping[str, Operation]) -> ClashCard:
    sides = [rows[op_id] for op_id in clash["sides"]]
    run, step = sides[0].run, sides[0].step
    assert run is not None
    holds = str(clash["holds"])
    return ClashCard(
        run=run,
        key=clash["key"],
        title=str(CLASH_WORDS[clash["kind"]]),
        subject=step.said("text") if step else str(sides[0].payload.get("role", "")),
        sides=[side_line(op) for op in sides],
        holds=str(HOLDS_WORDS.get(holds, holds)),
        is_open=clash["open"],
        is_certain=clash["certain"],
        keeps=[(keep, str(label)) for keep, label in _KEEPS.get(clash["kind"], ())],
    )


def _proposal(op: Operation) -> ProposalCard:
    what = PROPOSAL_WORDS.get(str(op.payload.get("what", "")), "")
    chosen = str(op.payload.get("chosen", ""))
    about = op.step.said("text") if op.step else order_words(op.payload)
    return ProposalCard(
        operation=op,
        subject=f"{what}: {about}" if about else str(what),
        chosen=_choice(op.step, chosen),
        side=side_line(op),
    )


def _choice(step: RunStep | None, chosen: str) -> str:
    return dict(step.choices).get(chosen, chosen) if step else chosen


def _what(op: Operation) -> str:
    said = op.payload
    words = said.get("text") or said.get("reason") or said.get("note") or said.get("user") or ""
    what = str(op.get_kind_display())
    about = op.step.said("text") if op.step else order_words(said)
    chosen = _choice(op.step, str(said.get("chosen", "")))
    digest = said.get("sha256") and f"{said.get('name', '')} SHA-256 {said['sha256'][:16]}".strip()
    parts = [what, about, chosen and f"→ {chosen}", str(words), str(digest or "")]
    return " · ".join(part for part in parts if part)
