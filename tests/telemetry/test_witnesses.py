"""Every site is a witness of the audit trail: what it remembers must still be there."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditCheckpoint, AuditRow, ChainCheck
from bcp_portal.audit.services.checkpoint import sign_all
from bcp_portal.audit.services.walk import walk_trail
from bcp_portal.shared.errors import NotAllowedError
from incidents.models import Incident
from incidents.services.triage import sweep_signals
from telemetry.ingest.witness import WitnessBook
from telemetry.models import AuditWitness, Signal, SignalRule, WitnessState
from telemetry.services.witness import compare_witnesses, settle_witness
from tests.emptying import guards_asleep
from tests.make import LATER, NOON, make_device, make_user
from tests.make_audit import make_trail, write_rows

pytestmark = pytest.mark.django_db


def remember(device, line: str) -> AuditWitness:
    book = WitnessBook()
    book.note(device.pk, line)
    book.keep(at=NOON)
    return AuditWitness.objects.get(device=device)


def another_history() -> None:
    """Roll the trail back and go on otherwise, as the owner of the database could."""
    with guards_asleep():
        AuditCheckpoint.objects.all().delete()
        AuditRow.objects.filter(seq__gt=2).delete()
    write_rows(2)
    sign_all(at=LATER)


def accused() -> AuditWitness:
    make_trail(checkpoints=2, rows_each=2)
    witness = remember(make_device(), AuditCheckpoint.objects.newest().line)
    another_history()
    compare_witnesses(at=LATER)
    witness.refresh_from_db()
    return witness


def test_what_a_device_says_again_is_written_once(django_assert_num_queries):
    device, book = make_device(), WitnessBook()
    book.note(device.pk, "1 root sig")
    book.keep(at=NOON)
    book.note(device.pk, "1 root sig")

    with django_assert_num_queries(0):
        book.keep(at=LATER)


def test_a_witness_that_remembers_what_is_there_agrees():
    make_trail(checkpoints=2, rows_each=2)
    witness = remember(make_device(), AuditCheckpoint.objects.order_by("size").first().line)

    compare_witnesses(at=NOON)

    witness.refresh_from_db()
    assert (witness.state, witness.size) == (WitnessState.AGREES, 2)
    assert not Signal.objects.open().exists()


def test_a_witness_of_a_history_that_was_rolled_back_raises_the_alarm():
    witness = accused()

    signal = Signal.objects.open().get(rule=SignalRule.AUDIT_MISMATCH)
    assert witness.state == WitnessState.MISMATCH
    assert (signal.severity, signal.params["size"]) == (1, "4")
    assert AuditRow.objects.filter(action="audit.witness_mismatch").count() == 1


def test_the_alarm_opens_an_incident():
    accused()

    sweep_signals(at=LATER)

    assert Incident.objects.get().kind == "security"


def test_made_up_words_of_a_device_accuse_nobody():
    make_trail(checkpoints=1, rows_each=2)
    forged = "9 " + "A" * 43 + "= " + "A" * 92
    witness = remember(make_device(), forged)

    compare_witnesses(at=NOON)

    witness.refresh_from_db()
    assert witness.state == WitnessState.UNPROVEN
    assert not Signal.objects.open().exists()


def test_a_contradiction_outlasts_a_newer_checkpoint():
    witness = accused()

    remember(witness.device, AuditCheckpoint.objects.newest().line)
    compare_witnesses(at=LATER)

    witness.refresh_from_db()
    assert witness.state == WitnessState.AGREES
    assert witness.is_accusing
    assert Signal.objects.open().filter(rule=SignalRule.AUDIT_MISMATCH).exists()


def test_two_people_explain_a_contradiction():
    witness = accused()
    one, two = make_user(), make_user()

    settle_witness(witness=witness, actor=one, at=LATER, reason="Backup restored")
    with pytest.raises(NotAllowedError):
        settle_witness(witness=witness, actor=one, at=LATER, reason="")
    settle_witness(witness=witness, actor=two, at=LATER, reason="")

    witness.refresh_from_db()
    assert (witness.proposed_by, witness.settled_by) == (one, two)
    assert not Signal.objects.open().filter(rule=SignalRule.AUDIT_MISMATCH).exists()


def test_a_row_changed_in_the_database_raises_the_alarm():
    make_trail(checkpoints=1, rows_each=3)
    with guards_asleep():
        AuditRow.objects.filter(seq=2).update(reason="nothing happened")
    walk_trail(at=NOON)

    compare_witnesses(at=NOON)

    assert ChainCheck.objects.get().broken_seq == 2
    assert "row 2" in Signal.objects.open().get(key="trail").params["problem"]


def test_the_page_names_who_contradicts(client):
    witness = accused()
    client.force_login(make_user(Role.AUDITOR))

    page = client.get(reverse("telemetry:witnesses")).content.decode()

    assert witness.device.name in page
    assert "The trail has changed since" in page
    part = client.get(reverse("telemetry:witness_summary")).content.decode()
    assert "1 contradicts it." in part
