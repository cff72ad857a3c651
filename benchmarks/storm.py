"""A storm of 10,000 alerts, from the webhook door to one incident, by the engine's own sweep."""

import sys
import time
from collections import Counter
from datetime import timedelta
from importlib import import_module

ALERTS = 10_000
DELIVERY = 500
MOST_CALLS = 3


def deliver() -> float:
    """Tell every alert once through the verb of the door; seconds."""
    from django.utils import timezone  # noqa: PLC0415  # needs Django

    from telemetry.models.webhook_source import WebhookKind  # noqa: PLC0415

    door = import_module("telemetry.services.webhook")
    kind = WebhookKind.ALERTMANAGER
    _source, key = door.create_webhook_source(
        name="Bench", kind=kind, actor=None, at=timezone.now()
    )
    began = time.monotonic()
    for start in range(0, ALERTS, DELIVERY):
        alerts = [
            {
                "status": "firing",
                "fingerprint": f"f{n}",
                "labels": {"alertname": "LinkDown", "severity": "critical", "till": str(n)},
            }
            for n in range(start, start + DELIVERY)
        ]
        door.receive_delivery(key=key, kind=kind, content={"alerts": alerts}, at=timezone.now())
    return time.monotonic() - began


def sweep() -> tuple[float, float]:
    """The engine's sweep until nothing is left: seconds to the incident, and to the last alert."""
    from django.utils import timezone  # noqa: PLC0415  # needs Django

    from incidents.models import Incident  # noqa: PLC0415
    from telemetry.models import Signal  # noqa: PLC0415

    triage = import_module("incidents.services.triage")
    began, first = time.monotonic(), 0.0
    while Signal.objects.unswept().exists():
        triage.sweep_signals(at=timezone.now())
        if not first and Incident.objects.exists():
            first = time.monotonic() - began
    return first, time.monotonic() - began


def calls() -> int:
    """Fire what falls due within a quarter of an hour; the most calls that one person got."""
    from django.utils import timezone  # noqa: PLC0415  # needs Django

    from incidents.models import Notice, NoticeKind  # noqa: PLC0415

    firing, now = import_module("bcp_portal.engine.services.firing"), timezone.now()
    for minute in range(16):
        firing.fire_batch(at=now + timedelta(minutes=minute), batch=firing.Batch())
    made = Notice.objects.filter(kind=NoticeKind.CALL).values_list("person", flat=True)
    return max(Counter(made).values(), default=0)


def main() -> int:
    """Measure, print, and say by the exit code whether the promise holds."""
    import django  # noqa: PLC0415  # after the environment is set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  # needs Django

    from incidents.models import Incident  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    make, makers = import_module("tests.make"), import_module("tests.make_incidents")
    makers.make_policy([make.make_user()], [make.make_user()])
    told = deliver()
    first, last = sweep()
    most = calls()
    open_now = list(Incident.objects.ongoing())
    page = import_module("incidents.selectors.incident_page")
    groups = [group for row in open_now for group in page.incident_page(row, at=row.declared_at)
              .alert_groups]  # fmt: skip
    counted = sum(group.count for group in groups)
    print(
        f"storm of {ALERTS:,} alerts: told in {told:.1f} s ({ALERTS / told:,.0f}/s), incident after"
        f" {first:.2f} s, last alert in after {last:.1f} s ({ALERTS / last:,.0f}/s);"
        f" {len(open_now)} incident (1), at most {most} calls a person ({MOST_CALLS}),"
        f" {counted:,} in the summary"
    )
    return 0 if (len(open_now), counted) == (1, ALERTS) and most <= MOST_CALLS else 1


if __name__ == "__main__":
    sys.exit(main())
