"""Verbs of a notice: write it for a person; its deliveries leave in the preferred order."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import ContactKind, ContactMethod, User
from bcp_portal.accounts.services.contact_method import begin_verification
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import cancel_jobs, queue_job
from bcp_portal.live.services import publish
from incidents.models import (
    Delivery,
    DeliveryStatus,
    Escalation,
    EscalationFiring,
    Incident,
    Notice,
    NoticeKind,
    RunMode,
)
from incidents.models.wording import message_id

JOB = "incidents.delivery"
Address = tuple[str, str]


def reachable_addresses(person: User, *, news_at: datetime | None = None) -> list[Address]:
    """The ways to reach a person, the preferred first; nobody who left is reachable.

    Where one way is verified, those that are not are passed over. What is news and no call keeps
    out of each way's quiet hours; it stands in the inbox all the same.

    Whoever has named no way at all is reached by the mail of the account. A rehearsal goes through
    the same ways, so that their order is rehearsed too; `send_letter` keeps it inside.
    """
    if not person.is_active:
        return []
    methods = list(ContactMethod.objects.filter(user=person).order_by("position", "pk"))
    for method in methods:
        method.user = person
    if not methods:
        return [(ContactKind.MAIL, person.email)] if person.email else []
    usable = [m for m in methods if m.is_active and m.address]
    usable = [m for m in usable if m.verified_at] or usable
    if news_at is not None:
        usable = [m for m in usable if not m.is_quiet(news_at)]
    return [(m.kind, m.address) for m in usable]


@verb
def write_notice(
    *,
    person: User,
    kind: NoticeKind,
    message: str,
    at: datetime,
    params: dict[str, Any] | None = None,
    incident: Incident | None = None,
    escalation: Escalation | None = None,
    firing: EscalationFiring | None = None,
    path: str = "",
    requires_ack: bool = False,
    inbox_only: bool = False,
    mode: str = "",
) -> Notice:
    """Put a message into a person's inbox and send it on the first of the person's channels."""
    # Whatever anybody says: what belongs to a rehearsal is a rehearsal.
    is_exercise = incident is not None and incident.is_exercise
    spoken_mode = RunMode.EXERCISE if is_exercise else mode or RunMode.LIVE
    notice = Notice.objects.create(
        person=person,
        kind=kind,
        mode=spoken_mode,
        message=message,
        params=params or {},
        incident=incident,
        escalation=escalation,
        firing=firing,
        path=path or (f"/incidents/{incident.code}/" if incident else ""),
        requires_ack=requires_ack,
        created_at=at,
    )
    publish(topic=f"inbox:{person.pk}", kind=kind, at=at)
    if not inbox_only:
        queue_next_delivery(notice=notice, at=at)
    return notice


@verb
def queue_next_delivery(*, notice: Notice, at: datetime) -> Delivery | None:
    """Send a notice over the next channel that has not been tried; None when none is left."""
    tried = list(notice.deliveries.values_list("channel", "address"))
    is_call = notice.kind == NoticeKind.CALL
    ways = reachable_addresses(notice.person, news_at=None if is_call else at)
    # Not by its place: a way that has gone meanwhile must not make the one after it be passed over.
    untried = next((way for way in ways if way not in tried), None)
    if untried is None:
        return None
    channel, address = untried
    delivery = Delivery.objects.create(
        notice=notice, channel=channel, address=address, position=len(tried), queued_at=at
    )
    queue_job(kind=JOB, subject_id=delivery.pk, at=at)
    return delivery


@verb
def send_test_notice(*, method: ContactMethod, actor: User, at: datetime) -> Notice:
    """Send a message over this very channel, so that its owner sees whether it arrives.

    Until the way is verified, a code travels along, and nowhere else is it to be read.
    """
    if method.verified_at is None:
        begin_verification(method=method, actor=actor, at=at)
    notice = write_notice(
        person=method.user,
        kind=NoticeKind.INFO,
        message=gettext_noop("This is a test: calls reach you by %(channel_label)s."),
        params={"channel_label": message_id(ContactKind(method.kind).label), "contact": method.pk},
        path="/inbox/",
        inbox_only=True,
        at=at,
    )
    delivery = Delivery.objects.create(
        notice=notice, channel=method.kind, address=method.address, position=0, queued_at=at
    )
    queue_job(kind=JOB, subject_id=delivery.pk, at=at)
    audit(action="notice.test", obj=notice, actor=actor, at=at, after={"channel": method.kind})
    return notice


@verb
def cancel_calls(*, notices: Iterable[Notice], at: datetime) -> int:
    """Take back what has not left yet: somebody has answered, or it is over."""
    waiting = Delivery.objects.filter(notice__in=list(notices), status=DeliveryStatus.QUEUED)
    cancelled = 0
    for delivery in waiting.select_for_update():
        cancel_jobs(kind=JOB, subject_id=delivery.pk)
        delivery.status = DeliveryStatus.CANCELLED
        delivery.error = ""
        delivery.save(update_fields=["status", "error"])
        cancelled += 1
    return cancelled


@verb
def read_notice(*, notice: Notice, actor: User, at: datetime) -> Notice:
    """Note that the person has seen it."""
    if notice.read_at is None:
        Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=at)
        notice.refresh_from_db(fields=["read_at"])
        publish(topic=f"inbox:{notice.person_id}", kind="read", at=at)
    return notice


@verb
def answer_notice(*, notice: Notice, actor: User, at: datetime) -> Notice:
    """Note that the person has answered; the first answer stands."""
    answered = Notice.objects.filter(pk=notice.pk, acknowledged_at=None).update(
        acknowledged_at=at, read_at=notice.read_at or at
    )
    if answered:
        audit(action="notice.answer", obj=notice, actor=actor, at=at)
        publish(topic=f"inbox:{notice.person_id}", kind="answered", at=at)
    notice.refresh_from_db(fields=["acknowledged_at", "read_at"])
    return notice
