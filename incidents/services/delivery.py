"""Verbs of a delivery: one journey over one channel, at least once, repeats marked."""

import logging
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.live.services import publish
from incidents.channels import GoneError, Letter, send_letter, write_letter
from incidents.models import (
    Delivery,
    DeliveryStatus,
    EscalationStatus,
    Importance,
    Notice,
    NoticeKind,
    TimelineKind,
)
from incidents.services.escalation import hasten
from incidents.services.notice import JOB, queue_next_delivery, reachable_addresses
from incidents.services.push_subscription import forget_browser
from incidents.services.timeline import write_entry

# How long news waits for a server that refuses it, and how often that is asked again.
LATER = timedelta(minutes=5)
KEPT_TRYING = timedelta(days=1)

logger = logging.getLogger(__name__)


def deliver(*, subject_id: int, at: datetime, again: bool) -> None:
    """Carry one delivery; an OSError means: not yet, try again.

    Outside any transaction: a slow mail server must not hold a lock. A worker that dies between
    sending and noting it makes the next one send twice; the notice then says so, and carries the
    same key as the first time.
    """
    letter = begin_delivery(delivery_id=subject_id, at=at, again=again)
    if letter is None:
        return
    try:
        send_letter(letter)
    except GoneError as error:
        give_up_address(delivery_id=subject_id, error=str(error), at=at)
        return
    except OSError as error:
        note_failure(delivery_id=subject_id, error=str(error), at=at)
        logger.warning("Delivery %s was not sent (%s); it will be tried again", subject_id, error)
        raise
    finish_delivery(delivery_id=subject_id, at=at)


@verb
def begin_delivery(*, delivery_id: int, at: datetime, again: bool) -> Letter | None:
    """Count the attempt and write the letter; None when it is no longer needed."""
    delivery = _locked(delivery_id)
    if delivery is None or delivery.status != DeliveryStatus.QUEUED:
        return None
    if _is_moot(delivery.notice):
        delivery.status = DeliveryStatus.CANCELLED
        delivery.save(update_fields=["status"])
        return None
    delivery.attempts += 1
    delivery.possibly_twice = delivery.possibly_twice or again
    delivery.save(update_fields=["attempts", "possibly_twice"])
    return write_letter(delivery, at=at)


@verb
def finish_delivery(*, delivery_id: int, at: datetime) -> None:
    """Note that it left."""
    delivery = _locked(delivery_id)
    if delivery is None or delivery.status == DeliveryStatus.SENT:
        return
    delivery.status = DeliveryStatus.SENT
    delivery.sent_at = at
    delivery.error = ""
    delivery.save(update_fields=["status", "sent_at", "error"])
    notice = delivery.notice
    publish(topic=f"inbox:{notice.person_id}", kind="sent", at=at)
    if notice.incident is not None:
        publish(
            topic=f"incident:{notice.incident_id}",
            kind="delivery",
            at=at,
            permission="incidents.view_incident",
        )


@verb
def note_failure(*, delivery_id: int, error: str, at: datetime) -> None:
    """Keep the last error where people can see it."""
    Delivery.objects.filter(pk=delivery_id, status=DeliveryStatus.QUEUED).update(error=error[:500])


@verb
def give_up(*, subject_id: int, error: str, at: datetime) -> None:
    """Every retry has failed: try the person's next channel, then the next person."""
    delivery = _locked(subject_id)
    if delivery is None or delivery.status != DeliveryStatus.QUEUED:
        return
    notice = delivery.notice
    if _waits_for_its_server(notice, at=at):
        queue_job(kind=JOB, subject_id=delivery.pk, at=at, due_at=at + LATER)
        return
    _fail(delivery, error, at=at)


@verb
def give_up_address(*, delivery_id: int, error: str, at: datetime) -> None:
    """Nobody lives there any more: forget the address, and go on by the person's next channel."""
    delivery = _locked(delivery_id)
    if delivery is None or delivery.status != DeliveryStatus.QUEUED:
        return
    forget_browser(person=delivery.notice.person, address=delivery.address, at=at)
    _fail(delivery, error, at=at)


def _fail(delivery: Delivery, error: str, *, at: datetime) -> None:
    notice = delivery.notice
    delivery.status = DeliveryStatus.FAILED
    delivery.error = error[:500]
    delivery.save(update_fields=["status", "error"])
    if notice.incident is not None:
        write_entry(
            incident=notice.incident,
            kind=TimelineKind.CALL,
            message=gettext_noop("%(name)s could not be reached by %(channel)s: %(error)s"),
            params={
                "name": notice.person.name,
                "channel": delivery.channel,
                "error": delivery.error,
            },
            actor=None,
            at=at,
            importance=Importance.NORMAL,
        )
    # A test of one way says nothing about another.
    is_test = "contact" in notice.params
    if not is_test and queue_next_delivery(notice=notice, at=at) is None:
        _give_up_on_person(notice, at=at)


def _give_up_on_person(notice: Notice, *, at: datetime) -> None:
    if notice.kind != NoticeKind.CALL or notice.firing is None or notice.escalation is None:
        return
    # Somebody else of the same rung may still have it on the way, or hold it already.
    on_the_way = Delivery.objects.filter(
        notice__firing=notice.firing,
        status__in=[DeliveryStatus.QUEUED, DeliveryStatus.SENT],
    )
    if not on_the_way.exists():
        hasten(escalation=notice.escalation, at=at)


def _waits_for_its_server(notice: Notice, *, at: datetime) -> bool:
    """News over the only way a person has: nobody else gets it instead, so it is tried again."""
    if notice.kind == NoticeKind.CALL or at - notice.created_at > KEPT_TRYING:
        return False
    return len(reachable_addresses(notice.person)) == 1


def _is_moot(notice: Notice) -> bool:
    if notice.kind != NoticeKind.CALL or notice.escalation is None:
        return False
    return notice.escalation.status in (EscalationStatus.ACKNOWLEDGED, EscalationStatus.STOPPED)


def _locked(delivery_id: int) -> Delivery | None:
    return (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("notice__person", "notice__incident", "notice__escalation")
        .filter(pk=delivery_id)
        .first()
    )
