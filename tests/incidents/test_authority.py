"""The authority matrix is data: who may, at which severity, with whom as second (K2)."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.errors import DomainError, NotAllowedError
from incidents.authority import Authority, problems
from incidents.forms.authority import AuthorityForm
from incidents.models import AuthorityMatrix, StepRight, StepStatus
from incidents.playbooks.plan import StepPlan
from incidents.services.authority_matrix import change_authority_matrix
from incidents.services.run_step import complete_step
from incidents.services.timeline import write_entry
from tests.make import NOON, make_user
from tests.make_incidents import make_incident, make_run, step_of

pytestmark = pytest.mark.django_db
FREEZE = StepPlan(text="Freeze the sites", key="freeze", right=StepRight.ORDER)
PLAN = {"A": [FREEZE, "Go on"]}
GRAVE = {StepRight.ORDER.value: (2, 2, 1, 1)}


def decide(cells=GRAVE, reason="Cutting off shops is not for one person"):
    boss = make_user(Role.ADMINISTRATOR)
    return change_authority_matrix(cells=cells, reason=reason, actor=boss, at=NOON)


def test_a_step_with_a_right_takes_two_people_where_the_incident_is_grave():
    decide()
    run = make_run(PLAN, severity=1)
    step = step_of(run, "Freeze the sites")
    first, second = make_user(Role.RESPONDER), make_user(Role.INCIDENT_COMMANDER)

    complete_step(step=step, actor=first, at=NOON)
    assert step_of(run, "Freeze the sites").status == StepStatus.WAITING
    with pytest.raises(NotAllowedError, match="order sites"):
        complete_step(step=step, actor=make_user(Role.RESPONDER), at=NOON)
    complete_step(step=step, actor=second, at=NOON)

    assert step_of(run, "Freeze the sites").status == StepStatus.DONE
    assert not step_of(run, "Go on").needs_second_person


def test_the_same_step_takes_one_person_in_a_smaller_incident_and_before_anybody_decided():
    early = make_run(PLAN, severity=1)
    decide()
    small = make_run(PLAN, severity=3)

    assert not step_of(early, "Freeze the sites").needs_second_person
    assert not step_of(small, "Freeze the sites").needs_second_person


def test_what_is_graver_never_takes_fewer_people_and_a_change_says_why():
    assert problems({StepRight.ORDER.value: (1, 2, 2, 2)}) != []
    assert problems(GRAVE) == []

    with pytest.raises(DomainError, match="less grave"):
        decide({StepRight.ORDER.value: (1, 1, 1, 2)})
    with pytest.raises(DomainError, match="Say why"):
        decide(reason="  ")


def test_the_matrix_is_changed_on_its_page_and_keeps_its_history(client):
    boss = make_user(Role.ADMINISTRATOR)
    make_user(Role.INCIDENT_COMMANDER)
    client.force_login(boss)
    fields = AuthorityForm(matrix=Authority({})).fields
    said = {name: field.initial for name, field in fields.items() if name != "reason"}

    client.post(
        reverse("incidents:authority_change"),
        said | {"order": "1", "reason": "Two for the worst"},
    )

    row = AuthorityMatrix.objects.get()
    assert (row.number, row.cells[StepRight.ORDER.value]) == (1, [2, 1, 1, 1])
    assert AuditRow.objects.get(action="authority_matrix.change").reason == "Two for the worst"
    html = client.get(reverse("incidents:authority")).content.decode()
    assert "Two for the worst" in html
    assert "too few for two" in html, "one commander is no two people"
    assert "a second person confirms within 30 minutes" in html


def test_a_reader_without_the_right_reads_the_matrix_and_changes_nothing(client):
    client.force_login(make_user(Role.RESPONDER))

    assert client.get(reverse("incidents:authority")).status_code == 200
    assert client.post(reverse("incidents:authority_change"), {}).status_code == 403


def test_older_entries_of_a_timeline_open_without_a_script(client):
    incident = make_incident(commander=None)
    for number in range(130):
        write_entry(incident=incident, kind="note", message=f"Entry {number}.", actor=None, at=NOON)
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    page = reverse("incidents:detail", args=[incident.code])

    first = client.get(f"{page}?whole=1").content.decode()
    assert "Entry 129." in first
    assert "Entry 20." not in first
    link = first.split(f'href="{page}?whole=1&amp;before=')[1].split("#")[0]
    older = client.get(f"{page}?whole=1&before={link}").content.decode()

    assert "Entry 129." not in older
    assert "Entry 65." in older
    assert "Newest entries" in older
