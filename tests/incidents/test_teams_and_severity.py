"""Teams inside an incident, the severity matrix, and phases inside phases."""

import pytest
from django.urls import reverse

from assets.models import Criticality
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.errors import DomainError
from incidents.models import SeverityMatrix, Team, TimelineEntry
from incidents.selectors.teams import team_lines
from incidents.services.severity_matrix import change_severity_matrix
from incidents.services.team import disband_team, form_team, leave_team
from incidents.services.triage_rules import severity_for
from incidents.severity_matrix import DEFAULT, DEFAULT_CELLS, problems
from tests.make import NOON, make_user
from tests.make_incidents import make_incident

pytestmark = pytest.mark.django_db
CELLS = {key: list(row) for key, row in DEFAULT_CELLS.items()}


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def test_the_matrix_that_comes_along_reads_the_right_way_round():
    assert problems(DEFAULT.cells) == []


def test_a_changed_matrix_judges_what_comes_and_keeps_what_was(boss):
    before = severity_for(signal_severity=3, site_criticalities=[Criticality.VITAL])

    change_severity_matrix(
        cells=CELLS | {"3": [2, 1, 1], "2": [1, 1, 1]}, many_sites=3,
        reason="branches count more", actor=boss, at=NOON,
    )  # fmt: skip

    assert before == 2
    assert severity_for(signal_severity=3, site_criticalities=[Criticality.VITAL]) == 1
    assert severity_for(signal_severity=4, site_criticalities=[3, 3, 3]) == 3
    row = AuditRow.objects.get(action="severity_matrix.change")
    assert row.before["cells"]["3"] == [3, 2, 1]


def test_a_matrix_that_gets_milder_where_more_is_hit_is_refused(boss):
    with pytest.raises(DomainError, match="milder"):
        change_severity_matrix(
            cells=CELLS | {"3": [2, 3, 1]}, many_sites=5, reason="x", actor=boss, at=NOON
        )
    with pytest.raises(DomainError, match="S1 is milder than S2"):
        change_severity_matrix(
            cells=CELLS | {"1": [3, 2, 2]}, many_sites=5, reason="x", actor=boss, at=NOON
        )


def test_the_matrix_is_read_and_changed_on_its_page_with_its_history(client, boss):
    page = reverse("incidents:severity_matrix_change")
    form = client.get(page).context["form"]
    said = {name: field.initial for name, field in form.fields.items() if name != "reason"}

    client.post(page, said | {"s4_ordinary": 3, "many_sites": 4, "reason": "small shops matter"})

    assert SeverityMatrix.objects.get().cells["4"] == [3, 3, 2]
    html = client.get(reverse("incidents:severity_matrix")).content.decode()
    assert "small shops matter" in html
    assert boss.name in html


def test_teams_are_formed_joined_left_and_disbanded_on_the_timeline(boss):
    incident = make_incident(commander=boss)
    lead, one = make_user(), make_user()

    team = form_team(
        incident=incident, name="Network", lead=lead, members=[one], actor=boss, at=NOON
    )
    leave_team(team=team, user=one, actor=boss, at=NOON)
    disband_team(team=team, actor=boss, at=NOON)

    told = " ".join(entry.text for entry in TimelineEntry.objects.filter(incident=incident))
    for words in ("Network formed", "joined team", "left team", "disbanded"):
        assert words in told
    assert team_lines(incident) == []


def test_more_than_seven_people_on_one_lead_are_pointed_out_over_all_their_teams(client, boss):
    incident, lead = make_incident(commander=boss), make_user(first_name="Wulan")
    crowd = [make_user() for _number in range(8)]
    form_team(incident=incident, name="Network", lead=lead, members=crowd[:4], actor=boss, at=NOON)
    url = reverse("incidents:detail", args=[incident.code])
    assert "leads" not in client.get(url, {"part": "roles"}).content.decode()

    form_team(incident=incident, name="Tills", lead=lead, members=crowd[4:], actor=boss, at=NOON)

    assert [line.is_too_wide for line in team_lines(incident)] == [True, True]
    assert "Wulan" in client.get(url, {"part": "roles"}).content.decode()
    assert "leads 8 people" in client.get(url, {"part": "roles"}).content.decode()


def test_a_team_is_made_on_the_pages(client, boss):
    incident, lead, one = make_incident(commander=boss), make_user(), make_user()

    client.post(
        reverse("incidents:team_add", args=[incident.code]), {"name": "Tills", "lead": lead.pk}
    )
    team = Team.objects.get()
    client.post(reverse("incidents:team_join", args=[team.pk]), {"user": one.pk})
    assert [member.user for line in team_lines(incident) for member in line.members] == [one]
    client.post(reverse("incidents:team_leave", args=[team.pk, one.pk]))
    client.post(reverse("incidents:team_end", args=[team.pk]))

    team.refresh_from_db()
    assert team.ended_at is not None
    assert not team.members.filter(left_at=None).exists()


def test_a_second_team_of_the_same_name_and_a_lead_who_left_are_refused(boss):
    incident, gone = make_incident(commander=boss), make_user(is_active=False)
    form_team(incident=incident, name="Tills", lead=boss, actor=boss, at=NOON)

    with pytest.raises(DomainError, match="already"):
        form_team(incident=incident, name="Tills", lead=boss, actor=boss, at=NOON)
    with pytest.raises(DomainError, match="left"):
        form_team(incident=incident, name="Other", lead=gone, actor=boss, at=NOON)
