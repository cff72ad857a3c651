"""The command centre: what is shown to whom, how honest it is, and what it costs."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assets.models import Asset, SiteAssignment
from bcp_portal.accounts.roles import Role
from bcp_portal.dashboard import selectors
from incidents.models import Alert, FlowPlace, IncidentAsset, IncidentSite, StatusUpdate
from telemetry.models import NodeState, Signal, SignalRule, SiteState
from tests.make import NOON, make_device, make_region, make_stream_state, make_user
from tests.make_assets import make_path
from tests.make_dashboard import make_hit, make_open_incident, make_watched_site

pytestmark = pytest.mark.django_db
MOST_QUERIES = 40


def commander():
    return make_user(Role.INCIDENT_COMMANDER)


def test_the_front_door_is_the_command_centre(client):
    client.force_login(commander())

    page = client.get("/")

    assert page.status_code == 200
    assert b"RPO clocks" in page.content


def test_a_stranger_is_sent_to_the_sign_in(client):
    assert client.get("/")["Location"].startswith("/account/login/")


def test_without_scripts_the_sites_that_are_not_well_are_in_a_table(client):
    site = make_watched_site(NodeState.DARK)
    client.force_login(commander())

    page = client.get("/").content.decode()

    assert site.code in page
    assert "status-dark" in page


def test_a_site_that_was_never_heard_is_not_counted_as_fine():
    make_watched_site(NodeState.ONLINE)
    unheard = make_watched_site()
    SiteState.objects.filter(site=unheard).delete()

    fleet = selectors.fleet(commander())

    assert {row.state: row.count for row in fleet.counts} == {
        NodeState.ONLINE: 1,
        NodeState.NEVER: 1,
    }
    assert [line.code for line in fleet.lines] == [unheard.code]


def test_a_service_that_nobody_measures_is_unknown():
    Asset.objects.create(code="PAY", name="Payments", criticality=1)

    (line,) = selectors.service_lines(commander(), at=NOON)

    assert (line.state, line.tone) == ("unknown", "unknown")


def test_a_service_that_is_down_comes_first_with_its_clock():
    Asset.objects.create(code="AAA", name="Aardvark", criticality=1)
    orders = Asset.objects.create(code="ORD", name="Orders", criticality=2)
    make_hit(make_open_incident(), orders)

    first = selectors.service_lines(commander(), at=NOON)[0]

    assert (first.code, first.tone) == ("ORD", "act")
    assert first.deadline == NOON + timedelta(hours=1)


def test_a_service_that_is_down_says_when_that_becomes_intolerable(client):
    orders = Asset.objects.create(code="ORD", name="Orders", criticality=2)
    hit = make_hit(make_open_incident(), orders)
    client.force_login(commander())
    unsaid = client.get(reverse("dashboard:home") + "?part=services").content.decode()
    IncidentAsset.objects.filter(pk=hit.pk).update(mtpd=timedelta(hours=4))

    (line,) = selectors.service_lines(commander(), at=NOON)
    said = client.get(reverse("dashboard:home") + "?part=services").content.decode()

    assert line.mtpd_at == NOON + timedelta(hours=4)
    assert "MTPD" in said
    assert "MTPD" not in unsaid


def test_an_incident_stands_at_its_place_in_the_flow():
    make_open_incident(called_at=NOON)

    stages = {stage.place: stage for stage in selectors.incident_flow(commander(), at=NOON)}

    assert [token.code for token in stages[FlowPlace.ESCALATION].tokens] == ["INC-14"]
    assert stages[FlowPlace.RECOVERY].count == 0


def test_a_promised_update_is_shown_where_people_talk():
    incident = make_open_incident(called_at=NOON)
    promised = NOON + timedelta(minutes=15)
    StatusUpdate.objects.create(
        incident=incident, audience="users", text="x", published_at=NOON, next_promised_at=promised
    )

    stages = {stage.place: stage for stage in selectors.incident_flow(commander(), at=NOON)}
    (token,) = stages[FlowPlace.COMMUNICATION].tokens

    assert (token.due_at, token.is_here) == (promised, False)


def test_alerts_of_one_incident_are_one_line():
    incident = make_open_incident()
    for number in range(3):
        Alert.objects.create(
            key=f"k{number}",
            rule="x",
            title=f"alert {number}",
            severity=3 - number,
            incident=incident,
            raised_at=NOON,
            first_signal_at=NOON,
            last_signal_at=NOON,
        )

    stream = selectors.alert_stream(commander())

    assert (len(stream.lines), stream.lines[0].folded, stream.lines[0].severity) == (1, 2, 1)


def test_the_clock_that_ends_first_is_on_top():
    late = make_watched_site(NodeState.DARK, rpo_due_at=NOON + timedelta(minutes=30))
    soon = make_watched_site(NodeState.DARK, rpo_due_at=NOON + timedelta(minutes=10))
    for site, minutes in ((late, 30), (soon, 10)):
        make_stream_state(
            make_device(site=site),
            rpo=timedelta(hours=1),
            pending_records=5,
            oldest_pending_at=NOON + timedelta(minutes=minutes) - timedelta(hours=1),
        )

    found = selectors.rpo_clocks(commander(), at=NOON)

    assert [clock.site for clock in found.clocks] == [soon.code, late.code]


def test_what_waits_without_a_signed_rpo_is_said():
    site = make_watched_site()
    make_stream_state(make_device(site=site), rpo=None, pending_records=5)

    assert selectors.rpo_clocks(commander(), at=NOON).unsigned == 1


def test_the_strip_shows_when_sites_fell_silent():
    site = make_watched_site(NodeState.DARK)
    Signal.objects.create(
        rule=SignalRule.SITE_SILENT,
        key="s",
        title="x",
        site=site,
        began_at=NOON - timedelta(minutes=30),
        opened_at=NOON,
    )

    strip = selectors.fleet_strip(commander(), at=NOON)

    assert (strip.silent_now, strip.heard_now, strip.changes) == (1, 0, [500])


def test_sites_of_which_nothing_is_known_are_not_called_unwatched(client):
    make_watched_site(NodeState.UNKNOWN)
    client.force_login(commander())

    page = client.get(reverse("dashboard:home")).content.decode()

    assert "Nothing is known of 1 site right now" in page
    assert "No site is watched yet" not in page


def test_the_map_holds_only_sites_that_the_person_may_see():
    ours, other = make_watched_site(), make_watched_site()
    technician = make_user(Role.SYNC_TECHNICIAN)
    SiteAssignment.objects.create(user=technician, site=ours)

    codes = {row[1] for row in selectors.map_payload(technician, at=NOON)["sites"]}

    assert codes == {ours.code}
    assert other.code not in codes


def test_the_map_shows_each_failover_path_with_its_state():
    ends = [make_watched_site(longitude=longitude) for longitude in (106.8, 112.7)]
    make_path(name="Twin in Surabaya", source=ends[0], target=ends[1], state="ready")

    [path] = selectors.map_payload(make_user(Role.INCIDENT_COMMANDER), at=NOON)["paths"]

    assert (path["name"], path["state"]) == ("Twin in Surabaya", "ready")
    assert [path["from"][0], path["to"][0]] == [106.8, 112.7]


def test_the_map_can_be_asked_for_changes_only():
    make_watched_site()
    changed = make_watched_site()
    SiteState.objects.filter(site=changed).update(changed_at=NOON + timedelta(minutes=5))

    payload = selectors.map_payload(commander(), at=NOON, since=NOON + timedelta(minutes=1))

    assert [row[1] for row in payload["sites"]] == [changed.code]


def test_the_card_of_a_foreign_site_is_not_found(client):
    site = make_watched_site()
    client.force_login(make_user(Role.SYNC_TECHNICIAN))

    assert client.get(reverse("dashboard:site_card", args=[site.code])).status_code == 404


def test_the_card_of_a_site_names_its_incident(client):
    site = make_watched_site(NodeState.DARK)
    IncidentSite.objects.create(incident=make_open_incident(), site=site, affected_at=NOON)
    client.force_login(commander())

    assert b"INC-14" in client.get(reverse("dashboard:site_card", args=[site.code])).content


def test_an_administrator_sees_no_incident(client):
    make_open_incident(title="Secret outage")
    client.force_login(make_user(Role.ADMINISTRATOR))

    for address in ("/", "/?part=flow", "/palette/?q=Secret", "/frame/?part=incidents"):
        page = client.get(address).content.decode()
        assert "Secret outage" not in page
        assert "INC-14" not in page


def test_the_palette_finds_a_site_by_its_code(client):
    site = make_watched_site(code="SBY-02", name="Surabaya")
    client.force_login(commander())

    found = client.get("/palette/?q=sby").json()["results"]

    assert [row["title"] for row in found if row["kind"] == "site"] == [str(site)]


def test_a_part_is_only_that_part(client):
    client.force_login(commander())

    page = client.get("/?part=alerts").content.decode()

    assert page.strip().startswith("<section")
    assert "<html" not in page


def test_a_frame_part_that_nobody_offers_is_not_found(client):
    client.force_login(commander())

    assert client.get("/frame/?part=../secret").status_code == 404


@pytest.mark.parametrize("sites", [1, 30])
def test_the_page_costs_the_same_whatever_the_size_of_the_fleet(
    client, django_assert_max_num_queries, sites
):
    region = make_region()
    for _number in range(sites):
        make_watched_site(NodeState.DARK, region=region, rpo_due_at=timezone.now())
    make_hit(make_open_incident(), Asset.objects.create(code="A", name="A", criticality=1))
    client.force_login(commander())

    with django_assert_max_num_queries(MOST_QUERIES):
        client.get("/")


def test_the_map_costs_a_handful_of_queries(client, django_assert_max_num_queries):
    for _number in range(5):
        make_watched_site()
    client.force_login(commander())

    with django_assert_max_num_queries(12):
        client.get(reverse("dashboard:map"))
