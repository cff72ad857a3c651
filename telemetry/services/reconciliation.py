"""Verbs of a reconciliation: opened when limits are lifted, closed by somebody else with proof."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import Deadline
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from telemetry.models import Order, Reconciliation, Signal, SignalRule
from telemetry.ordering.reconcile import books_of
from telemetry.services.signal import Claim, assert_claim, close_signal

DUE = "telemetry.reconciliation_due"
DUE_WITHIN = timedelta(hours=24)


class NotReconciledError(DomainError):
    """The books do not agree yet, or the wrong person says they do."""


@verb
def open_reconciliations(*, order: Order, site_ids: Iterable[int], at: datetime) -> None:
    """Limits are lifted: at each of the sites somebody must now show that the books agree."""
    for site_id in site_ids:
        row, is_new = Reconciliation.objects.get_or_create(
            order=order, site_id=site_id, defaults={"opened_at": at, "due_at": at + DUE_WITHIN}
        )
        if is_new:
            set_deadline(kind=DUE, subject_id=row.pk, due_at=row.due_at, at=at)
            audit(action="reconciliation.open", obj=row, actor=None, at=at)


@verb
def close_reconciliation(
    *, reconciliation: Reconciliation, note: str, actor: User, at: datetime
) -> Reconciliation:
    """Say that the books agree; refused while the figures say otherwise."""
    row = Reconciliation.objects.select_for_update(of=("self",)).get(pk=reconciliation.pk)
    if row.closed_at is not None:
        raise NotReconciledError(_("This is closed already."))
    if actor.pk == row.order.requested_by_id:
        raise NotReconciledError(_("You gave the order; somebody else must look at the books."))
    if not note.strip():
        raise NotReconciledError(_("Write what you compared."))
    books = books_of(row)
    if left := list(books.what_is_left()):
        raise NotReconciledError(_("Not yet: %(left)s.") % {"left": "; ".join(left)})
    row.closed_at, row.closed_by, row.note = at, actor, note.strip()[:500]
    row.figures = books.as_json()
    row.save()
    cancel_deadlines(kind=DUE, subject_id=row.pk, at=at)
    for signal in Signal.objects.open().filter(rule=SignalRule.ORDER_ALONE, key=_key(row)):
        close_signal(signal=signal, at=at)
    audit(
        action="reconciliation.close", obj=row, actor=actor, at=at, reason=note, after=row.figures
    )
    publish(topic="orders", kind="reconciled", at=at, permission="telemetry.view_order")
    return row


@verb
def reconciliation_due(*, deadline: Deadline, at: datetime) -> None:
    """A day has passed and the books of a site are still open: tell everybody."""
    row = Reconciliation.objects.select_related("site", "order").get(pk=deadline.subject_id)
    if row.closed_at is not None:
        return
    assert_claim(
        claim=Claim(
            rule=SignalRule.ORDER_ALONE,
            key=_key(row),
            severity=3,
            title=gettext_noop("%(site)s worked under limits (%(code)s) and is not reconciled"),
            params={"site": row.site.name, "code": row.order.code},
            began_at=row.opened_at,
            site_id=row.site_id,
            region_id=row.site.region_id,
            site_ids=(row.site_id,),
        ),
        at=at,
    )


def _key(row: Reconciliation) -> str:
    return f"reconcile:{row.pk}"
