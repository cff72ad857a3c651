"""A decision travels sealed to the site, whose agent carries it out and whose digest closes it."""

import json
import sys

import pytest

from siaga_agent.adapters.command import CommandAdapter
from siaga_agent.orders import Trust
from siaga_agent.settle import Settling
from telemetry.ingest.settlements import settlements_for
from telemetry.models import Device
from telemetry.models.conflict_case import PlaceState
from telemetry.ordering.signing import public_key
from tests.agent.make_agent import make_outbox
from tests.make import LATER, NOON, make_site
from tests.make_conflicts import decide, make_case

pytestmark = pytest.mark.django_db
WRITER = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"


@pytest.fixture
def decided():
    case = make_case(site=make_site(code="SBY-02"))
    decide(case)
    return case


def test_an_undecided_conflict_is_told_to_nobody():
    case = make_case(site=make_site())
    device = Device.objects.get(site=case.places.get().site)

    assert settlements_for(device.pk, NOON) is None


def test_the_agent_carries_out_what_was_decided_and_the_place_says_sent(decided, tmp_path):
    place = decided.places.get()
    device = Device.objects.get(site=place.site)
    adapter = CommandAdapter(
        {
            "name": "own", "streams": ["stock"], "command": ["true"],
            "settle": [sys.executable, "-c", WRITER, str(tmp_path / "told")],
        }
    )  # fmt: skip
    settling = Settling(
        make_outbox(tmp_path), [adapter], trust=Trust(public_key(), place.site.code)
    )

    assert settling.take(settlements_for(device.pk, LATER)) == 1

    told = json.loads((tmp_path / "told").read_text())
    assert (told["key"], told["values"]) == ("sku-1", {"price": 12})
    place.refresh_from_db()
    assert place.state == PlaceState.SENT


def test_handing_over_again_is_the_same_bytes(decided):
    device = Device.objects.get(site=decided.places.get().site)

    assert settlements_for(device.pk, NOON) == settlements_for(device.pk, LATER)
