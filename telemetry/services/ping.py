"""Verbs of a ping check."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from assets.models import Asset, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.doorbell import ring
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import keyed_hash, new_secret
from telemetry.adapters.external import plain
from telemetry.adapters.ping import KEPT_BODY, Ping, PingKind
from telemetry.models import PingCheck, PingEvent
from telemetry.tokens import PING_KEY, PING_KEY_PREFIX

KEPT_EVENTS = 100
SHORTEST_PERIOD = timedelta(minutes=1)


class UnknownPingError(DomainError):
    """No ping check has this key."""


@verb
def create_ping_check(
    *,
    name: str,
    period: timedelta,
    grace: timedelta,
    actor: User | None,
    at: datetime,
    site: Site | None = None,
    asset: Asset | None = None,
) -> tuple[PingCheck, str]:
    """Expect a job to call every period, and make its key, which is shown this once."""
    if period < SHORTEST_PERIOD or grace < timedelta():
        raise DomainError(
            _("A check needs a period of at least a minute and a grace that is not negative.")
        )
    key = new_secret(PING_KEY_PREFIX)
    check = PingCheck.objects.create(
        name=name.strip() or _("Unnamed check"),
        key_hash=keyed_hash(PING_KEY, key),
        site=site,
        asset=asset,
        period=period,
        grace=grace,
        created_at=at,
    )
    audit(
        action="ping_check.create",
        obj=check,
        actor=actor,
        at=at,
        after={"name": check.name, "period": period, "grace": grace},
    )
    return check, key


@verb
def retire_ping_check(*, check: PingCheck, actor: User | None, at: datetime) -> PingCheck:
    """Expect this job no more."""
    check.retired_at, check.due_at = at, None
    check.save(update_fields=["retired_at", "due_at"])
    audit(action="ping_check.retire", obj=check, actor=actor, at=at)
    return check


@verb
def record_ping(
    *, key: str, ping: Ping, at: datetime, body: str = "", remote_address: str = ""
) -> PingCheck:
    """Write down a call, and when the next one is due.

    A failure is due at once: nobody waits for the grace of a job that says it failed.
    """
    check = (
        PingCheck.objects.select_for_update()
        .filter(key_hash=keyed_hash(PING_KEY, key), retired_at=None)
        .first()
    )
    if check is None:
        raise UnknownPingError(_("No check has this key; look it up in the portal."))
    if ping.kind is PingKind.DONE:
        check.last_ok_at, check.started_at = at, None
        check.due_at = at + check.period + check.grace
    elif ping.kind is PingKind.START:
        check.started_at = at
        # A job that began must end within its grace; a check that already failed stays failed.
        if check.due_at is None or check.due_at > at:
            check.due_at = min(check.due_at or at + check.grace, at + check.grace)
    else:
        check.last_fail_at, check.started_at = at, None
        check.due_at = at
    check.save(update_fields=["last_ok_at", "last_fail_at", "started_at", "due_at"])
    _write_event(check, ping, at=at, body=body, remote_address=remote_address)
    ring("engine")
    return check


def _write_event(
    check: PingCheck, ping: Ping, *, at: datetime, body: str, remote_address: str
) -> None:
    PingEvent.objects.create(
        check_row=check,
        kind=ping.kind.value,
        exit_status=ping.exit_status,
        received_at=at,
        remote_address=remote_address[:45],
        body=plain(body)[:KEPT_BODY],
    )
    newest = check.events.order_by("-received_at", "-pk").values("pk")
    check.events.exclude(pk__in=list(newest[:KEPT_EVENTS].values_list("pk", flat=True))).delete()
