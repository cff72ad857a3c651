"""The canary: a synthetic alert goes through the whole chain every minute and is waited for."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.health import ROUND_TRIP
from bcp_portal.engine.models import SweepMark
from bcp_portal.engine.services.sweeping import stamp_sweep
from telemetry.models import Signal, SignalRule
from telemetry.services.signal import Claim, assert_claim

KEY = "chain"
EVERY = timedelta(minutes=1)


@verb
def send_canary(*, at: datetime) -> str:
    """See whether the last canary has come through, and send the next one when it is time.

    It is one signal that stays open and changes every minute: triage has to look at each change,
    and a year of canaries is one row. That it was swept says that its alert is committed.
    """
    signal = Signal.objects.open().filter(rule=SignalRule.CANARY, key=KEY).first()
    if signal is None:
        return _send(at=at)
    sent_at = datetime.fromisoformat(signal.params["sent_at"])
    took = at - sent_at
    if signal.swept_version < signal.version:
        return f"not through after {took.total_seconds():.0f} s"
    mark = SweepMark.objects.filter(name=ROUND_TRIP).first()
    if mark is None or mark.ran_at < sent_at:
        took_ms = max(0, int(took.total_seconds() * 1000))
        stamp_sweep(name=ROUND_TRIP, at=at, took_ms=took_ms, outcome="came through")
    # Also when it was sent "in the future": a clock has jumped back.
    if not timedelta(0) <= took < EVERY:
        return _send(at=at)
    return "came through"


def _send(*, at: datetime) -> str:
    claim = Claim(
        rule=SignalRule.CANARY,
        key=KEY,
        severity=4,
        title=gettext_noop("Synthetic alert: the alarm chain tests itself"),
        began_at=at,
        params={"sent_at": at.isoformat()},
    )
    assert_claim(claim=claim, at=at)
    return "sent"
