"""First paint of an incident page with 2,000 timeline entries, in a real Chromium over HTTP."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

ENTRIES = 2_000
VISITS = 15
# They warm the server up.
WARM_UP = 2
LIMIT_MS = 300.0
SETTLE_MS = 1_000
MOST_QUERIES = 15
ROOT = Path(__file__).resolve().parents[1]
PAINT = """() => new Promise(told => {
  const seen = () => performance.getEntriesByName('first-contentful-paint')[0];
  const look = () => seen() ? told([
    seen().startTime, performance.getEntriesByType('navigation')[0].responseEnd]) :
    requestAnimationFrame(look);
  look();
})"""


@contextmanager
def server() -> Iterator[str]:
    """The portal on a free port, as the production profile serves it."""
    from tests.servers import free_port, wait_for_port  # noqa: PLC0415

    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "bcp_portal.asgi:application", "--port", str(port),
        "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    # The demo rooms of the portal lean on the agent.
    paths = os.pathsep.join([str(ROOT / "agent"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": paths})
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def prepare() -> tuple[Any, Any]:
    """An incident in the middle of its playbook with a long timeline, and its commander."""
    from django.core.management import call_command  # noqa: PLC0415  # needs Django

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    make, incidents = import_module("tests.make"), import_module("tests.make_incidents")
    assets = import_module("tests.make_assets")
    commander = make.make_user(import_module("bcp_portal.accounts.roles").Role.INCIDENT_COMMANDER)
    sites = [make.make_site() for _number in range(24)]
    hit = [assets.make_asset(site=site, rto=timedelta(hours=4)) for site in sites[:6]]
    incident = incidents.make_incident(commander=commander, sites=sites, assets=hit)
    plan = {f"Phase {n}": [f"Step {n}.{step}" for step in range(8)] for n in range(4)}
    incidents.make_run(plan, incident=incident)
    models = import_module("incidents.models")
    newest = models.TimelineEntry.objects.filter(incident=incident).last()
    copies = []
    for number in range(ENTRIES):
        fields = {f.attname: getattr(newest, f.attname) for f in newest._meta.concrete_fields}
        fields.pop("id")
        fields["happened_at"] = make.NOON + timedelta(seconds=number)
        copies.append(models.TimelineEntry(**fields))
    models.TimelineEntry.objects.bulk_create(copies)
    return commander, incident


def main() -> int:
    """Open the page again and again, and say whether the limits hold."""
    import django  # noqa: PLC0415

    django.setup()
    commander, incident = prepare()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    settings.ALLOWED_HOSTS.append("testserver")
    browsing = import_module("tests.frame.browsing")
    client = Client()
    client.force_login(commander)
    place = f"/incidents/{incident.code}/"
    with CaptureQueriesContext(connection) as queries:
        assert client.get(place).status_code == 200
    session = browsing.session_of(commander)
    with server() as address, browsing.chromium() as browser:
        first = [
            paint
            for _visit in range(VISITS + WARM_UP)
            for paint in _visits(browsing, browser, address + place, session, times=1)
        ]
        again = _visits(browsing, browser, address + place, session, times=VISITS + WARM_UP)
    print(f"{ENTRIES:,} timeline entries, {VISITS} visits, {len(queries)} queries.")
    met = [
        _told("first contentful paint, empty cache", first[WARM_UP:]),
        _told("the same in a browser that knows the portal", again[WARM_UP:]),
    ]
    return 0 if all(met) and len(queries) <= MOST_QUERIES else 1


def _visits(
    browsing: Any, browser: Any, address: str, session: str, *, times: int
) -> list[tuple[float, float]]:
    """When the page was painted and its answer was there, in milliseconds; one profile for all."""
    found = []
    with browsing.looking(browser, address, session=session) as page:
        for _visit in range(times):
            page.goto(address, wait_until="commit")
            painted, answered = page.evaluate(PAINT)
            found.append((painted, answered))
            # Nobody opens the page while its last visit is still being answered.
            page.wait_for_timeout(SETTLE_MS)
    return found


def _told(what: str, visits: list[tuple[float, float]]) -> bool:
    """Print one line; whether the limit holds."""
    paints = [painted for painted, _answered in visits]
    middle = statistics.median(paints)
    answer = statistics.median(answered for _painted, answered in visits)
    print(
        f"{what}: median {middle:.0f} ms, best {min(paints):.0f}, worst {max(paints):.0f};"
        f" the answer was there after {answer:.0f} ms."
        f" Limit: {LIMIT_MS:.0f} ms ({middle / LIMIT_MS:.2f})."
    )
    return middle <= LIMIT_MS


if __name__ == "__main__":
    sys.exit(main())
