"""How long the pages of the fleet take with ten thousand sites, calm and with a region cut off."""

import collections
import os
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from benchmarks.lists import MOST_QUERIES, measure

SITES = int(os.environ.get("BENCH_SITES", "10000"))
# A list of rows has the limit of lists; the others are watched, not looked up: a tenth of the
# second within which a breach must be seen.
LIST_MS, WATCHED_MS = 50.0, 100.0


def lay_out(at: datetime) -> tuple[Any, dict[int, int]]:
    """A fleet that reports, as the simulator plans it."""
    world = import_module("telemetry.services.simulation")
    plan = import_module("telemetry.simulation").make_plan(SITES, seed=1, begins=at)
    devices = world.lay_out(sites=plan.sites, at=at)
    functions = import_module("django.db.models")
    # Spread over the archipelago: sites without a place are not on the map.
    import_module("assets.models").Site.objects.update(
        longitude=functions.F("pk") * 37 % 4000 / 100.0 + 97,
        latitude=5 - functions.F("pk") * 17 % 1300 / 100.0,
    )
    import_module("benchmarks.detection").dress()
    world.beat(devices=list(devices.values()), centre_answers=True, at=at)
    import_module("telemetry.services.detection").detect(at=at)
    return plan, devices


def cut_a_region(plan: Any, devices: dict[int, int], at: datetime) -> int:
    """A large region falls silent, and an incident is opened about it; how many sites."""
    # R01 has half of the fleet: without it this is the centre's outage, not a region's.
    members = collections.Counter(one.region for one in plan.sites if one.region != "R01")
    region = members.most_common(1)[0][0]
    gone = {one.number for one in plan.sites if one.region == region}
    rest = [pk for number, pk in devices.items() if number not in gone]
    world = import_module("telemetry.services.simulation")
    world.beat(devices=rest, centre_answers=True, at=at)
    import_module("telemetry.services.detection").detect(at=at)
    return len(gone)


def addresses() -> dict[str, tuple[str, dict[str, str], float]]:
    """What is opened, with what is asked, and within how many milliseconds."""
    reverse = import_module("django.urls").reverse
    code = import_module("assets.models").Site.objects.values_list("code", flat=True)[0]
    return {
        "sites, the list": (reverse("telemetry:sites"), {"part": "results"}, LIST_MS),
        "devices, the list": (reverse("telemetry:devices"), {"part": "results"}, LIST_MS),
        "sites, whole page": (reverse("telemetry:sites"), {}, WATCHED_MS),
        "site": (reverse("telemetry:site", args=[code]), {}, WATCHED_MS),
        "command centre": (reverse("dashboard:home"), {}, WATCHED_MS),
        "its map, whole": (reverse("dashboard:map"), {}, WATCHED_MS),
        "its map, news": (
            reverse("dashboard:map"), {"since": "2999-01-01T00:00:00+00:00"}, WATCHED_MS,
        ),
    }  # fmt: skip


def show(title: str, client: Any) -> int:
    """Measure each page, print a line of it, and count those over their limit."""
    missed = 0
    print(f"{title:22}{'ms':>8}{'limit':>8}{'ratio':>8}{'clock':>8}{'queries':>9}{'bytes':>10}")
    for name, (address, asked, limit) in addresses().items():
        one = measure(client, address, **asked)
        size = len(client.get(address, asked).content)
        both = one.ours + one.store
        too_many = limit == LIST_MS and one.queries > MOST_QUERIES
        missed += both > limit or too_many
        print(
            f"{name:22}{both:8.1f}{limit:8.0f}{both / limit:8.2f}{one.clock:8.1f}"
            f"{one.queries:9}{size:10,}"
        )
    return missed


def main() -> int:
    """Fill the store, and print the pages calm and in trouble."""
    import django  # noqa: PLC0415  # not before somebody asks for this benchmark

    django.setup()
    call_command = import_module("django.core.management").call_command
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    import_module("django.conf").settings.ALLOWED_HOSTS.append("testserver")
    roles = import_module("bcp_portal.accounts.roles").Role
    client = import_module("django.test").Client()
    client.force_login(import_module("tests.make").make_user(roles.INCIDENT_COMMANDER))
    at = datetime.now(UTC).replace(microsecond=0)
    plan, devices = lay_out(at - timedelta(minutes=6))
    import_module("benchmarks.detection").gather_statistics()
    load = os.getloadavg()[0]
    print(f"{SITES:,} sites; processor time of ours and the store's, medians; load {load:.1f}")
    missed = show("calm", client)
    cut = cut_a_region(plan, devices, at)
    return 1 if missed + show(f"{cut:,} sites cut off", client) else 0


if __name__ == "__main__":
    sys.exit(main())
