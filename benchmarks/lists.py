"""How long the lists take at ten thousand rows, a page of a hundred, as an auditor opens them."""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

ROWS = 10_000
PER = 100
REPEATS = 15
LIMIT_MS = 50.0
MOST_QUERIES = 10
LISTS = (
    "assets:list", "assets:targets", "assets:impact", "assets:arrows", "assets:sites",
    "risks:register", "incidents:list", "incidents:alerts",
)  # fmt: skip

# The same rows by the API, a hundred a page unless more are asked for.
APIS = ("assets", "sites", "dependencies", "recovery-targets", "risks", "incidents", "alerts")


def prepare() -> Any:
    """Fill the store, and give back somebody who sees everything."""
    from django.core.management import call_command  # noqa: PLC0415  # needs Django

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    make = import_module("tests.make")
    risks, assets = import_module("tests.make_risks"), import_module("tests.make_assets")
    incidents = import_module("tests.make_incidents")
    hour = timedelta(hours=1)
    site = make.make_site()
    asset = assets.make_asset(site=site, rto=hour, business_owner=make.make_user())
    needed = assets.make_asset(site=site)
    _many(site, lambda row, n: {"code": f"BS-{n}", "name": f"Site {n}"})
    copies = _many(asset, lambda row, n: {"code": f"BA-{n}", "criticality": n % 4 + 1})
    _many(asset.recovery_target, lambda row, n: {"asset_id": copies[n].pk})
    arrow = assets.make_dependency(asset, needed)
    _many(arrow, lambda row, n: {"asset_id": copies[n].pk})
    risk = risks.make_risk(residual=(3, 4))
    _many(risk, lambda row, n: {"code": f"BR-{n}", "score": n % 25 + 1})
    lone = assets.make_asset(site=make.make_site())
    incident = incidents.make_incident(sites=[lone.site], assets=[lone])
    _many(incident, lambda row, n: {"number": 20_000 + n, "code": f"INC-{20_000 + n}"})
    _alerts(site, make.NOON)
    # What a store that has lived knows of itself.
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return make.make_user(import_module("bcp_portal.accounts.roles").Role.AUDITOR)


def _alerts(site: Any, at: Any) -> None:
    alert = import_module("incidents.models").Alert
    alert.objects.bulk_create(
        alert(
            key=f"bench-{n}", rule="site_silent", title=f"Alert {n}", severity=n % 4 + 1,
            site=site, raised_at=at, first_signal_at=at, last_signal_at=at,
        )
        for n in range(ROWS)
    )  # fmt: skip


def _many(row: Any, change: Callable[[Any, int], dict[str, Any]]) -> list[Any]:
    """The same row ten thousand times, but for what must differ."""
    model = type(row)
    facts = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    return list(
        model.objects.bulk_create(
            [model(**(facts | change(row, n))) for n in range(ROWS)], batch_size=500
        )
    )


@dataclass(frozen=True)
class Turn:
    """One address: milliseconds of the processor (ours, the store's), by the clock, queries."""

    ours: float
    store: float
    clock: float
    queries: int


def store_ticks(pid: int | None) -> int:
    """What the store's own process has worked for us, in ticks; nothing for a store without one."""
    if pid is None:
        return 0
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(told[11]) + int(told[12])


def measure(client: Any, address: str, **asked: Any) -> Turn:
    """Open a page again and again; others may be busy too, so the processor is asked."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    asked = {"per": PER, **asked}
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, asked)
        count = len(queries)
    assert answer.status_code == 200, (address, answer.status_code)
    info = getattr(getattr(connection.connection, "info", None), "backend_pid", None)
    before, ours, clock = store_ticks(info), [], []
    for _turn in range(REPEATS):
        started, worked = time.perf_counter(), time.process_time()
        client.get(address, asked)
        clock.append(1000 * (time.perf_counter() - started))
        ours.append(1000 * (time.process_time() - worked))
    store = 1000 * (store_ticks(info) - before) / os.sysconf("SC_CLK_TCK") / REPEATS
    return Turn(statistics.median(ours), store, statistics.median(clock), count)


def _told(name: str, what: str, one: Turn) -> bool:
    """Print one line; whether it is beyond a limit (the frame around a list has none)."""
    both = one.ours + one.store
    print(
        f"{name:18}{what:6}{one.ours:8.1f}{one.store:8.1f}{both:8.1f}"
        f"{both / LIMIT_MS:7.2f}{one.clock:8.1f}{one.queries:9}"
    )
    return what != "page" and (both > LIMIT_MS or one.queries > MOST_QUERIES)


def main() -> int:
    """Measure every list, print the table, and say by the exit code whether the limits hold."""
    import django  # noqa: PLC0415

    django.setup()
    person = prepare()
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(person)
    missed = 0
    print(
        f"{ROWS:,} rows each, a page of {PER}; medians of {REPEATS} in milliseconds. “List” is what"
        " a sort or a page costs, “page” has the frame around it as well. The limit is"
        f" {LIMIT_MS:.0f} ms of the processor, ours and the store's, and {MOST_QUERIES} queries."
    )
    print(f"{'':18}{'':6}{'ours':>8}{'store':>8}{'sum':>8}{'ratio':>7}{'clock':>8}{'queries':>9}")
    for name in LISTS:
        for part in ("results", ""):
            missed += _told(
                name, "list" if part else "page", measure(client, reverse(name), part=part)
            )
    for name in APIS:
        one = measure(client, f"/api/v1/{name}/")
        missed += _told(name, "api", one)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
