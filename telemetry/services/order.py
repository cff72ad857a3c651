"""Verbs of an order: given, approved, confirmed, refused, withdrawn, looked at afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from assets.models import Region, Site
from bcp_portal.accounts.models import User
from bcp_portal.accounts.step_up import FRESH_FOR
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.deadline import cancel_deadlines, set_deadline
from bcp_portal.shared.errors import DomainError, NotAllowedError
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from telemetry.models import (
    Approval,
    ApprovalClass,
    OnExpiry,
    Order,
    OrderAction,
    OrderSite,
    OrderStatus,
    Signal,
)
from telemetry.models.approval import VALID_FOR
from telemetry.models.order import LIVE_STATUSES, ORDER_LIFECYCLE
from telemetry.ordering.classes import CONFIRM_WITHIN, REVIEW_WITHIN, class_of
from telemetry.services.order_effect import REVIEW_DUE, enact, settle_attention

ABOUT = "order"
CONFIRM_DUE = "telemetry.order_confirm"
REQUEST_LAPSES = "telemetry.order_lapse"


class OrderRefusedError(DomainError):
    """This order cannot be given, or this cannot be done to it now."""


class StaleSignInError(NotAllowedError):
    """The person signed in too long ago to carry this."""


class SamePersonError(NotAllowedError):
    """It takes two people, and this is one."""


@dataclass(frozen=True)
class Instruction:
    """What is ordered, without to whom and by whom."""

    action: OrderAction
    reason: str
    streams: tuple[str, ...] = ()
    not_before: datetime | None = None
    expires_at: datetime | None = None
    on_expiry: OnExpiry = OnExpiry.HOLD
    rate: int | None = None
    lease: timedelta | None = None
    limits: dict[str, int] = field(default_factory=dict)
    addressed: str = "sites"
    region: Region | None = None
    incident_code: str = ""
    authority: str = ""
    signal: Signal | None = None
    lifts: Order | None = None


@verb
def give_order(
    *,
    instruction: Instruction,
    sites: Sequence[Site],
    actor: User,
    at: datetime,
    signed_in_at: datetime | None,
    break_glass: bool = False,
) -> Order:
    """Order sites to do something: at once (class A), or when a second person agrees (B, C).

    `break_glass` lets one person do what takes two; somebody else must then look at it within a
    day, and everybody sees that it happened.
    """
    check_fresh(signed_in_at, at=at)
    _check(instruction, sites, at=at)
    check_reach(sites, actor)
    letter = class_of(instruction.action, len(sites))
    if break_glass and not actor.has_perm("telemetry.break_glass"):
        raise NotAllowedError(_("Your role may not break the glass."))
    order = make_order(instruction, sites, actor=actor, letter=letter, at=at)
    if letter == ApprovalClass.A:
        order.confirm_due_at = at + CONFIRM_WITHIN
        set_deadline(kind=CONFIRM_DUE, subject_id=order.pk, due_at=order.confirm_due_at, at=at)
        enact(order=order, actor=actor, at=at)
    elif break_glass:
        order.is_break_glass, order.review_due_at = True, at + REVIEW_WITHIN
        set_deadline(kind=REVIEW_DUE, subject_id=order.pk, due_at=order.review_due_at, at=at)
        enact(order=order, actor=actor, at=at)
    else:
        _ask_second_person(order, at=at)
    return order


@verb
def prepare_order(
    *, instruction: Instruction, sites: Sequence[Site], actor: User, at: datetime
) -> Order:
    """Put an order forward that a playbook names; nothing happens until somebody else agrees.

    No sign-in is asked for here: whoever agrees shows theirs, also where one person is enough
    for the same order given by hand.
    """
    _check(instruction, sites, at=at)
    letter = class_of(instruction.action, len(sites))
    letter = ApprovalClass.B if letter == ApprovalClass.A else letter
    order = make_order(instruction, sites, actor=actor, letter=letter, at=at)
    _ask_second_person(order, at=at)
    return order


@verb
def approve_order(
    *, order: Order, digest: str, actor: User, at: datetime, signed_in_at: datetime | None
) -> Order:
    """Be the second person: what was shown, and nothing else, comes into force."""
    check_fresh(signed_in_at, at=at)
    locked = _locked(order)
    approval = _open_approval(locked, at=at)
    if actor.pk in (locked.requested_by_id, approval.requester_id):
        raise SamePersonError(_("You asked for this order yourself; somebody else must approve."))
    sites = [target.site for target in locked.targets.select_related("site")]
    check_reach(sites, actor)
    if not digest == approval.digest == locked.digest == digest_of(locked, sites):
        raise OrderRefusedError(
            _("The order is no longer what you were shown. Read it again before you approve.")
        )
    approval.approver, approval.approved_at, approval.used_at = actor, at, at
    approval.save(update_fields=["approver", "approved_at", "used_at"])
    cancel_deadlines(kind=REQUEST_LAPSES, subject_id=locked.pk, at=at)
    audit(action="order.approve", obj=locked, actor=actor, at=at, after={"digest": digest})
    enact(order=locked, actor=actor, at=at)
    return locked


@verb
def refuse_order(*, order: Order, reason: str, actor: User, at: datetime) -> Order:
    """Say no to a request; or, as the one who asked, take it back."""
    locked = _locked(order)
    approval = _open_approval(locked, at=at)
    is_own = actor.pk == locked.requested_by_id
    after = OrderStatus.WITHDRAWN if is_own else OrderStatus.REFUSED
    ORDER_LIFECYCLE.check(OrderStatus(locked.status), after)
    if not is_own:
        approval.approver, approval.refused_at, approval.note = actor, at, reason[:300]
        approval.save(update_fields=["approver", "refused_at", "note"])
    cancel_deadlines(kind=REQUEST_LAPSES, subject_id=locked.pk, at=at)
    locked.status, locked.ended_at = after, at
    locked.save(update_fields=["status", "ended_at"])
    audit(
        action=f"order.{'withdraw' if is_own else 'refuse'}",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
    )
    return locked


@verb
def confirm_order(
    *, order: Order, actor: User, at: datetime, signed_in_at: datetime | None
) -> Order:
    """Stand by an order of class A that one person gave."""
    check_fresh(signed_in_at, at=at)
    locked = _locked(order)
    if not locked.needs_confirmation:
        raise OrderRefusedError(_("%(code)s needs no confirmation.") % {"code": locked.code})
    if actor.pk == locked.requested_by_id:
        raise SamePersonError(_("You gave this order yourself; somebody else must confirm it."))
    check_reach([target.site for target in locked.targets.select_related("site")], actor)
    locked.confirmed_by, locked.confirmed_at, locked.is_overdue = actor, at, False
    locked.save(update_fields=["confirmed_by", "confirmed_at", "is_overdue"])
    cancel_deadlines(kind=CONFIRM_DUE, subject_id=locked.pk, at=at)
    settle_attention(order=locked, at=at)
    audit(action="order.confirm", obj=locked, actor=actor, at=at, after={"digest": locked.digest})
    return locked


@verb
def review_order(*, order: Order, note: str, actor: User, at: datetime) -> Order:
    """Look at what was done by breaking the glass, and say what is to be learned from it."""
    locked = _locked(order)
    if not locked.needs_review:
        raise OrderRefusedError(_("%(code)s has nothing to review.") % {"code": locked.code})
    if actor.pk == locked.requested_by_id:
        raise SamePersonError(_("You broke the glass yourself; somebody else must review it."))
    if not note.strip():
        raise OrderRefusedError(_("Write what you found."))
    locked.reviewed_by, locked.reviewed_at, locked.review_note = actor, at, note.strip()[:500]
    locked.is_overdue = False
    locked.save(update_fields=["reviewed_by", "reviewed_at", "review_note", "is_overdue"])
    cancel_deadlines(kind=REVIEW_DUE, subject_id=locked.pk, at=at)
    settle_attention(order=locked, at=at)
    audit(action="order.review", obj=locked, actor=actor, at=at, reason=note)
    return locked


def digest_of(order: Order, sites: Sequence[Site]) -> str:
    """The fingerprint of everything a second person says yes to."""
    content = {
        "code": order.code,
        "action": str(order.action),
        "sites": sorted(site.code for site in sites),
        "streams": sorted(order.streams),
        "rate": order.rate,
        "lease": order.lease,
        "limits": order.limits,
        "not_before": order.not_before,
        "expires_at": order.expires_at,
        "on_expiry": str(order.on_expiry),
        "reason": order.reason,
        "lifts": order.lifts.code if order.lifts else None,
        "requested_by": order.requested_by_id,
        "requested_at": order.requested_at,
    }
    return sha256_hex(canonical_json(content))


def check_fresh(signed_in_at: datetime | None, *, at: datetime) -> None:
    """Refuse somebody whose sign-in is older than a few minutes: it may be another at the desk."""
    if signed_in_at is None or at - signed_in_at > FRESH_FOR:
        raise StaleSignInError(_("Confirm first that it is you: sign in again."))


def check_reach(sites: Sequence[Site], actor: User) -> None:
    """Refuse somebody who may not see every site concerned."""
    wanted = {site.pk for site in sites}
    seen = Site.objects.visible_to(actor).filter(pk__in=wanted).count()
    if seen != len(wanted):
        raise NotAllowedError(_("This concerns sites that are not yours to command."))


def make_order(
    instruction: Instruction,
    sites: Sequence[Site],
    *,
    actor: User,
    letter: ApprovalClass,
    at: datetime,
) -> Order:
    """Write the order and its sites down; for verbs only."""
    number = (Order.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    order = Order(
        number=number,
        code=f"ORD-{number}",
        approval_class=letter,
        site_count=len(sites),
        requested_by=actor,
        requested_at=at,
        **{name: getattr(instruction, name) for name in _COPIED},
    )
    order.streams = list(instruction.streams)
    order.digest = digest_of(order, sites)
    order.save()
    OrderSite.objects.bulk_create([OrderSite(order=order, site=site) for site in sites])
    audit(
        action="order.give",
        obj=order,
        actor=actor,
        at=at,
        reason=order.reason,
        after={
            "action": order.action,
            "class": letter,
            "sites": [site.code for site in sites[:50]],
            "site_count": len(sites),
            "digest": order.digest,
        },
    )
    return order


_COPIED = (
    "action", "reason", "not_before", "expires_at", "on_expiry", "rate", "lease", "limits",
    "addressed", "region", "incident_code", "authority", "signal", "lifts",
)  # fmt: skip


def _check(instruction: Instruction, sites: Sequence[Site], *, at: datetime) -> None:
    if not sites:
        raise OrderRefusedError(_("Name at least one site."))
    if len(instruction.reason.strip()) < 5:
        raise OrderRefusedError(_("Say why: the people of the site will read it."))
    if instruction.action == OrderAction.FREEZE and instruction.expires_at is not None:
        raise OrderRefusedError(
            _("A freeze never ends by itself; lift it when the source is sound again.")
        )
    begins = max(at, instruction.not_before or at)
    if instruction.expires_at is not None and instruction.expires_at <= begins:
        raise OrderRefusedError(_("The order would end before it begins."))
    if instruction.action == OrderAction.LIFT:
        _check_lift(instruction.lifts, sites)


def _check_lift(lifted: Order | None, sites: Sequence[Site]) -> None:
    if lifted is None or lifted.status not in LIVE_STATUSES:
        raise OrderRefusedError(_("Only an order in force can be lifted."))
    still = lifted.targets.filter(ended_at=None, site__in=sites).count()
    if still != len(sites):
        raise OrderRefusedError(
            _("%(code)s does not hold at all of these sites.") % {"code": lifted.code}
        )


def _ask_second_person(order: Order, *, at: datetime) -> None:
    Approval.objects.create(
        about=ABOUT,
        subject_id=order.pk,
        digest=order.digest,
        approval_class=order.approval_class,
        requester=order.requested_by,
        requested_at=at,
        expires_at=at + VALID_FOR,
    )
    set_deadline(kind=REQUEST_LAPSES, subject_id=order.pk, due_at=at + VALID_FOR, at=at)


def _open_approval(order: Order, *, at: datetime) -> Approval:
    approval = (
        Approval.objects.select_for_update()
        .filter(about=ABOUT, subject_id=order.pk, approved_at=None, refused_at=None)
        .first()
    )
    if order.status != OrderStatus.REQUESTED or approval is None:
        raise OrderRefusedError(_("%(code)s does not wait for an approval.") % {"code": order.code})
    if approval.expires_at <= at:
        raise OrderRefusedError(
            _("The request is older than a day and no longer good; give the order anew.")
        )
    return approval


def _locked(order: Order) -> Order:
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
