"""Verbs of an import through the page: read, map, try, import in portions, undo."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from assets.changes import BadFactsError
from assets.models import Asset, ThirdParty
from assets.models.custom_field import PREFIX
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, told_at_the_end, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from risks.imports.columns import fold, propose
from risks.imports.reading import SheetRow, read_table, rows_by
from risks.imports.report import ImportReport
from risks.models import Assessment, HeadingMeaning, ImportBatch, ImportStatus, Risk, Threat
from risks.selectors.sheet_columns import register_columns
from risks.services.register_import import import_rows
from risks.services.risk import edit_risk, lock_in_force, retire_risk

JOB = "risks.import"
PORTION = 200
# So many rows are done while the person waits; more become work in the background.
AT_ONCE = 200
NAMED: dict[str, models.Manager[Any]] = {
    "assets": Asset.objects,
    "threats": Threat.objects,
    "third_parties": ThirdParty.objects,
}
RUNNING = (ImportStatus.TRYING, ImportStatus.IMPORTING)


class ImportStateError(DomainError):
    """The file is not where this step begins."""


class _TriedError(Exception):
    """A portion was tried; now it is taken back."""


@verb
def read_file(*, file_name: str, content: bytes, actor: User, at: datetime) -> ImportBatch:
    """Take a file in and propose what its columns mean; the register does not change."""
    table = read_table(content)
    headings = table[0][1]
    remembered = dict(
        HeadingMeaning.objects.filter(heading__in=[fold(one) for one in headings]).values_list(
            "heading", "key"
        )
    )
    batch = ImportBatch.objects.create(
        file_name=file_name[:200],
        headings=headings,
        table=[[line, cells] for line, cells in table[1:]],
        meaning=propose(headings, remembered, register_columns()),
        uploaded_by=actor,
        uploaded_at=at,
    )
    after = {"rows": len(batch.table), "headings": headings}
    audit(action="register.read_file", obj=batch, actor=actor, at=at, after=after)
    return batch


@verb
def map_columns(
    *, batch: ImportBatch, meaning: list[str], actor: User, at: datetime
) -> ImportBatch:
    """Say what each column means; the next file with the same headings is understood at once."""
    batch = _lock(batch)
    known = {column.key for column in register_columns()} | {""}
    if len(meaning) != len(batch.headings) or set(meaning) - known:
        raise BadFactsError(_("Choose a meaning for each column, or none."))
    chosen = [key for key in meaning if key]
    if twice := sorted({key for key in chosen if chosen.count(key) > 1}):
        raise BadFactsError(_("Two columns cannot both mean %s.") % ", ".join(twice))
    if "title" not in chosen and "code" not in chosen:
        raise BadFactsError(_("One column must be the title or the code."))
    for heading, key in zip(batch.headings, meaning, strict=True):
        if heading.strip():
            HeadingMeaning.objects.update_or_create(
                heading=fold(heading)[:200], defaults={"key": key, "said_by": actor, "said_at": at}
            )
    batch.meaning = meaning
    batch.save(update_fields=["meaning"])
    return batch


@verb
def start_batch(*, batch: ImportBatch, dry_run: bool, actor: User, at: datetime) -> ImportBatch:
    """Try the file, or import it; long files are done in the background."""
    batch = _lock(batch)
    if batch.status not in (ImportStatus.READ, ImportStatus.TRIED):
        raise ImportStateError(_("This file has been imported already. Send it again."))
    batch.status = ImportStatus.TRYING if dry_run else ImportStatus.IMPORTING
    batch.rows_done, batch.report, batch.undo = 0, {}, []
    batch.save(update_fields=["status", "rows_done", "report", "undo"])
    if len(batch.table) > AT_ONCE:
        queue_job(kind=JOB, subject_id=batch.pk, at=at)
    return batch


def run_batch(*, subject_id: int, at: datetime, again: bool) -> None:
    """Go on where the last portion ended; whoever dies loses one portion and repeats none."""
    batch = ImportBatch.objects.get(pk=subject_id)
    seen: dict[str, int] = {}
    while batch.status in RUNNING:
        report = ImportReport.from_facts(batch.report, dry_run=batch.status == ImportStatus.TRYING)
        rows = _portion(batch, batch.rows_done)
        try:
            _take_portion(batch=batch, rows=rows, report=report, seen=seen, at=at)
        except _TriedError:
            _note(batch=batch, report=report, undo=[], at=at)
        batch.refresh_from_db()


def _portion(batch: ImportBatch, done: int) -> list[SheetRow]:
    meaning = {index: key for index, key in enumerate(batch.meaning) if key}
    lines = [(line, cells) for line, cells in batch.table[done : done + PORTION]]
    return rows_by(lines, meaning)


@verb
def _take_portion(
    *,
    batch: ImportBatch,
    rows: list[SheetRow],
    report: ImportReport,
    seen: dict[str, int],
    at: datetime,
) -> None:
    import_rows(rows, report, seen, actor=batch.uploaded_by, at=at)
    if report.dry_run:
        raise _TriedError
    _note(batch=batch, report=report, undo=report.undo, at=at)


@verb
def _note(
    *,
    batch: ImportBatch,
    report: ImportReport,
    undo: list[dict[str, Any]],
    at: datetime,
) -> None:
    fresh = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    fresh.rows_done = min(len(fresh.table), fresh.rows_done + PORTION)
    fresh.report, fresh.undo = report.as_facts(), [*fresh.undo, *undo]
    if fresh.rows_done >= len(fresh.table):
        fresh.status = ImportStatus.TRIED if report.dry_run else ImportStatus.DONE
        fresh.finished_at = at
        if not report.dry_run:
            audit(
                action="register.import",
                obj=fresh,
                actor=fresh.uploaded_by,
                at=at,
                after={
                    "created": len(report.created),
                    "changed": len(report.changed),
                    "left_out": len(report.errors),
                },
            )
    fresh.save(update_fields=["rows_done", "report", "undo", "status", "finished_at"])
    publish(topic=f"inbox:{fresh.uploaded_by_id}", kind="import", at=at)


@verb
def give_up_batch(*, subject_id: int, error: str, at: datetime) -> None:
    """Note that the background work failed; what was imported stays and can be undone."""
    batch = ImportBatch.objects.select_for_update().get(pk=subject_id)
    batch.status = (
        ImportStatus.DONE if batch.status == ImportStatus.IMPORTING else ImportStatus.READ
    )
    batch.save(update_fields=["status"])
    audit(action="register.import_lost", obj=batch, actor=None, at=at, after={"error": error[:300]})


@verb
def undo_batch(*, batch: ImportBatch, actor: User, at: datetime) -> list[str]:
    """Take an import back; what somebody has changed since stays, and is named."""
    batch = _lock(batch)
    if batch.status != ImportStatus.DONE:
        raise ImportStateError(_("Only what was imported can be undone."))
    left: list[str] = []
    with told_at_the_end():
        for back in reversed(batch.undo):
            try:
                left += _take_back(back=back, actor=actor, at=at)
            except DomainError as refusal:
                left.append(f"{back['code']}: {refusal}")
    batch.status, batch.undone_at = ImportStatus.UNDONE, at
    batch.save(update_fields=["status", "undone_at"])
    audit(action="register.undo", obj=batch, actor=actor, at=at, after={"left": left})
    return left


@verb
def _take_back(*, back: Mapping[str, Any], actor: User, at: datetime) -> list[str]:
    risk = Risk.objects.get(pk=back["risk"])
    if back["created"]:
        retire_risk(risk=risk, reason=_("The import was undone"), actor=actor, at=at)
        return []
    facts, left = {}, []
    for name, (before, after) in back["facts"].items():
        if _now(risk, name) == after:
            facts[name] = _value(name, before)
        else:
            left.append(f"{risk.code}: {name}")
    links: dict[str, Any] = {
        name: list(NAMED[name].filter(code__in=codes)) for name, codes in _linked(back).items()
    }
    edit_risk(
        risk=risk, facts=facts, **links, reason=_("The import was undone"), actor=actor, at=at
    )
    for kind, (before, after) in back["judged"].items():
        if getattr(risk, f"{kind}_id") == after:
            _judge_as_before(risk, kind, before, actor=actor, at=at)
        else:
            left.append(f"{risk.code}: {kind}")
    return left


def _linked(back: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the risk named before; imports of an older portal kept its assets only."""
    if "links" in back:
        return dict(back["links"])
    return {} if back.get("assets") is None else {"assets": back["assets"]}


def _judge_as_before(
    risk: Risk, kind: str, before: int | None, *, actor: User, at: datetime
) -> None:
    risk = lock_in_force(risk)
    old = Assessment.objects.get(pk=before) if before else None
    setattr(risk, kind, old)
    changed = [kind]
    if kind == "residual":
        risk.score, risk.level = (old.score, old.level) if old else (None, "")
        changed += ["score", "level"]
    risk.save(update_fields=changed)
    audit(
        action=f"risk.assess_{kind}",
        obj=risk,
        actor=actor,
        at=at,
        reason=_("The import was undone"),
        after={"level": old.level if old else ""},
    )


def _now(risk: Risk, name: str) -> Any:
    value = getattr(risk, f"{name}_id", None) or risk.said(name)
    value = value.pk if isinstance(value, models.Model) else value
    return value.isoformat() if isinstance(value, date) else value


def _value(name: str, kept: Any) -> Any:
    if name.startswith(PREFIX):
        return kept
    field: Any = Risk._meta.get_field(name)
    if field.is_relation:
        return None if kept is None else field.related_model.objects.get(pk=kept)
    return field.to_python(kept)


def _lock(batch: ImportBatch) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.status in RUNNING:
        raise ImportStateError(_("This file is being worked on; wait until it is done."))
    return batch
