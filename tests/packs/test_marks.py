"""What was ticked at a site comes to its incident, with both times, and a person decides."""

from datetime import timedelta
from uuid import uuid4

import pytest

from incidents.models import Operation, OperationKind, OperationOutcome, StepStatus
from incidents.selectors.run_log import merge_of
from incidents.services.clash import answer_proposal
from incidents.services.pack_mark import take_up_marks
from telemetry.models import PackMark, PackMarkKind
from telemetry.services.site_pack import ToldMark, take_marks
from tests.make import LATER, NOON, make_device, make_site
from tests.make_incidents import make_incident, make_run, step_of
from tests.make_packs import make_pack

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TICK, UNTICK, NOTE = PackMarkKind.TICK, PackMarkKind.UNTICK, PackMarkKind.NOTE


@pytest.fixture
def device():
    return make_device(site=make_site(code="SBY-02"), name="till")


def tell(device, item, *, kind=TICK, at=NOON + 10 * HOUR, said=NOON + HOUR, **fields):
    told = ToldMark(
        op_id=uuid4(), kind=kind, item=item, digest="", said_at=said, offset_ms=0,
        uncertainty_ms=20, **({"who": "Sari", "words": "words"} | fields),
    )  # fmt: skip
    assert take_marks(device=device, told=[told], at=at) == {}
    take_up_marks(at=at)
    return PackMark.objects.get(op_id=told.op_id)


def item_of(run, text):
    step = step_of(run, text)
    return f"{run.version_id}.{step.phase.position}.{step.position}"


def test_a_tick_of_the_site_is_proposed_to_the_run_with_both_times(device):
    run = make_run({"Contain": ["Unplug the till"]}, sites=[device.site])

    mark = tell(device, item_of(run, "Unplug the till"))

    operation = Operation.objects.get(op_id=mark.op_id)
    assert (operation.kind, operation.outcome) == (OperationKind.PROPOSE, OperationOutcome.PROPOSED)
    assert (operation.happened_at, operation.received_at) == (NOON + HOUR, NOON + 10 * HOUR)
    assert mark.incident_code == run.incident.code
    entry = run.incident.timeline.get(happened_at=NOON + HOUR)
    assert entry.params["words"] == "Unplug the till"
    assert entry.params["site"] == "SBY-02"
    assert step_of(run, "Unplug the till").status == StepStatus.OPEN, "nobody signed in"
    (card,) = merge_of(run.incident).proposals
    assert card.side.who == "SBY-02: Sari"


def test_a_person_online_confirms_what_the_site_has_done(device):
    run = make_run({"Contain": ["Unplug the till"]}, sites=[device.site])
    mark = tell(device, item_of(run, "Unplug the till"))
    proposal = Operation.objects.get(op_id=mark.op_id)

    answer_proposal(
        proposal=proposal, accepted=True, reason="Sari is reliable",
        actor=run.incident.commander, at=NOON + 11 * HOUR,
    )  # fmt: skip

    assert step_of(run, "Unplug the till").status == StepStatus.DONE
    assert merge_of(run.incident).proposals == []


def test_two_sites_that_tick_the_same_step_ask_the_commander_once(device):
    other = make_device()
    run = make_run({"Contain": ["Unplug the till"]}, sites=[device.site, other.site])
    item = item_of(run, "Unplug the till")
    tell(device, item)
    tell(other, item)

    assert len(merge_of(run.incident).proposals) == 1
    assert Operation.objects.filter(run=run, kind=OperationKind.NOTE).count() == 1
    assert run.incident.timeline.filter(happened_at=NOON + HOUR).count() == 2


def test_notes_and_lines_of_no_run_stand_on_the_timeline_of_the_open_incident(device):
    incident = make_incident(sites=[device.site])
    for item, kind in (("dark.call", TICK), ("dark.call", UNTICK), ("", NOTE), ("999.1.1", TICK)):
        assert tell(device, item, kind=kind).incident_code == incident.code
    assert incident.timeline.filter(happened_at=NOON + HOUR).count() == 4


def test_without_an_open_incident_it_stays_a_note_of_the_site(device):
    make_incident(sites=[make_site()])
    mark = tell(device, "dark.call")
    assert (mark.incident_code, mark.taken_up_at) == ("", NOON + 10 * HOUR)
    assert not Operation.objects.exists()


def test_it_is_taken_up_once_however_often_the_sweep_runs(device):
    run = make_run({"Contain": ["Unplug the till"]}, sites=[device.site])
    tell(device, item_of(run, "Unplug the till"))
    assert take_up_marks(at=LATER) == "0 told, 0 kept"
    assert Operation.objects.filter(run=run, kind=OperationKind.PROPOSE).count() == 1


def test_the_site_page_tells_what_was_ticked_in_the_words_of_its_edition(client, device):
    from_pack = make_pack(device.site)
    told = ToldMark(
        op_id=uuid4(), kind=TICK, item="dark.call", digest=from_pack.digest, said_at=NOON
    )
    take_marks(device=device, told=[told], at=LATER)
    mark = PackMark.objects.get()
    assert mark.words.startswith("Call the first person")
    assert mark.uncertainty_ms is None, "a clock that was never compared is the device's own"
