"""The ledger: what proves an objective, from drills to telemetry, and what is unproven (O4)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from assets.models import Achievement, AchievementSource, Asset
from assets.proof import ProofState
from assets.selectors.targets import with_proof
from assets.selectors.waiting import with_waiting
from assets.services.objective import propose_target
from bcp_portal.accounts.roles import Role
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.services.report_file import make_paper
from bcp_portal.shared.durations import format_duration
from incidents.models import RunMode
from incidents.services.incident import close_incident, recover_incident, start_response
from incidents.services.review import open_review, save_review, sign_off_review
from telemetry.models import RpoDay, Stream
from telemetry.services.rpo_proof import follow_targets, prove_rpo
from tests.make import LATER, NOON, make_device, make_site, make_stream_state, make_user
from tests.make_assets import make_achievement, make_asset
from tests.make_incidents import make_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def rto_state(asset, *, at=LATER):
    return with_proof(Asset.objects.filter(pk=asset.pk), at=at).get().rto_state


def hold_drill(asset, *, took):
    """A drill from its start to its closing, by the same verbs as a real incident."""
    boss = make_user(Role.INCIDENT_COMMANDER)
    drill = make_incident(commander=boss, assets=[asset], mode=RunMode.EXERCISE)
    drill = start_response(incident=drill, actor=boss, at=NOON)
    drill = recover_incident(incident=drill, actor=boss, at=NOON + took)
    review = open_review(incident=drill, actor=boss, at=NOON + took)
    save_review(review=review, texts={"root_cause": "Planned"}, actor=boss, at=NOON + took)
    sign_off_review(review=review, actor=make_user(Role.RISK_MANAGER), at=NOON + took)
    drill.refresh_from_db()
    return close_incident(incident=drill, actor=boss, at=NOON + took)


def test_a_closed_drill_moves_a_target_from_claimed_to_proven():
    asset = make_asset(rto=2 * HOUR)
    assert rto_state(asset) == ProofState.CLAIMED

    hold_drill(asset, took=HOUR)

    assert rto_state(asset) == ProofState.PROVEN
    assert Achievement.objects.get().source_kind == AchievementSource.EXERCISE


def test_a_drill_that_took_too_long_disproves_the_target():
    asset = make_asset(rto=HOUR / 2)

    hold_drill(asset, took=HOUR)

    assert rto_state(asset) == ProofState.DISPROVED


def make_stream(asset):
    """The stream of an asset's site that carries its data."""
    state = make_stream_state(make_device(site=asset.site), rpo=None)
    Stream.objects.filter(pk=state.stream_id).update(asset=asset)
    return Stream.objects.get(pk=state.stream_id)


def test_the_worst_exposure_of_a_week_is_one_trial_of_the_rpo():
    asset = make_asset(site=make_site(), rpo=HOUR)
    stream = make_stream(asset)
    monday = (NOON - timedelta(days=NOON.weekday())).date()
    for days, worst in ((-7, HOUR / 4), (-5, HOUR / 2), (-1, HOUR / 3), (0, 9 * HOUR)):
        RpoDay.objects.create(
            stream=stream, day=monday + days * DAY, worst=worst, worst_at=NOON, rpo=HOUR
        )

    assert prove_rpo(at=NOON) == "1 weeks kept"
    assert prove_rpo(at=NOON) == "0 weeks kept"

    found = Achievement.objects.get()
    assert (found.achieved, found.is_met, found.source_kind) == (HOUR / 2, True, "live")


def test_a_stream_promises_what_its_asset_promises_now():
    asset = make_asset(site=make_site(), rpo=HOUR)
    stream = make_stream(asset)
    propose_target(
        asset=asset, rto=HOUR, rpo=0 * HOUR, reason="No sale may be lost", actor=None, at=NOON
    )

    assert follow_targets(at=NOON) == "1 streams"
    assert follow_targets(at=NOON) == "0 streams"

    stream.refresh_from_db()
    assert stream.rpo == 0 * HOUR


def test_the_live_exposure_stands_beside_the_rpo(client):
    asset = make_asset(site=make_site(), rpo=HOUR)
    device = make_device(site=asset.site, heard_at=NOON)
    state = make_stream_state(device, rpo=HOUR, pending_records=7, oldest_pending_at=NOON)
    Stream.objects.filter(pk=state.stream_id).update(asset=asset)
    client.force_login(make_user(Role.AUDITOR))
    url = reverse("telemetry:exposure_of_asset", args=[asset.code])

    assert url in client.get(reverse("assets:detail", args=[asset.code])).content.decode()
    text = client.get(url).content.decode()
    assert "7 records wait" in text
    assert "tone-act" in text


def test_the_list_of_objectives_tells_what_waits_beside_each_rpo(client, time_machine):
    time_machine.move_to(LATER)
    site = make_site()
    device = make_device(site=site, heard_at=NOON)
    waits, calm = make_asset(site=site, rpo=HOUR / 60), make_asset(site=site, rpo=HOUR)
    make_asset(code="UNHEARD")
    late = make_stream_state(device, rpo=HOUR, pending_records=7, oldest_pending_at=NOON)
    Stream.objects.filter(pk=late.stream_id).update(asset=waits)
    none = make_stream_state(device, rpo=HOUR, oldest_pending_at=None)
    Stream.objects.filter(pk=none.stream_id).update(asset=calm)
    client.force_login(make_user(Role.AUDITOR))

    asked = {"cols": "waiting", "export": "csv", "sort": "waiting"}
    answer = client.get(reverse("assets:targets"), asked)
    lines = b"".join(answer).decode("utf-8-sig").splitlines()[1:]

    waited = format_duration(LATER - NOON)
    assert dict(line.split(",") for line in lines) == {
        waits.code: waited, calm.code: "nothing waits", "UNHEARD": "",
    }  # fmt: skip


def test_streams_of_sites_one_may_not_see_are_not_in_the_list_of_objectives(client):
    device = make_device(site=make_site(), heard_at=NOON)
    state = make_stream_state(device, rpo=HOUR, pending_records=7, oldest_pending_at=NOON)
    seen = make_asset(code="SEEN")
    Stream.objects.filter(pk=state.stream_id).update(asset=seen)
    rows = Asset.objects.filter(pk=seen.pk)

    assert with_waiting(rows, make_user(Role.AUDITOR)).get().is_heard
    assert not with_waiting(rows, make_user(Role.VIEWER)).get().is_heard


def test_the_exposure_of_another_site_is_not_there(client):
    asset = make_asset(site=make_site())
    client.force_login(make_user(Role.VIEWER))

    url = reverse("telemetry:exposure_of_asset", args=[asset.code])

    assert client.get(url).status_code == 404


def make_unproven_world():
    proven = make_asset(code="PROVEN", rto=HOUR, rpo=HOUR)
    for measure in ("rto", "rpo"):
        make_achievement(proven, HOUR / 2, target=HOUR, measure=measure, happened_at=NOON)
    make_asset(code="CLAIMED", rto=HOUR, rpo=HOUR)
    make_asset(code="UNKNOWN")


def test_objectives_without_proof_are_listed_with_their_states(client, time_machine):
    time_machine.move_to(LATER)
    make_unproven_world()
    client.force_login(make_user(Role.AUDITOR))

    text = client.get(reverse("assets:unproven")).content.decode()

    assert "/assets/CLAIMED/" in text
    assert "/assets/UNKNOWN/" in text
    assert "/assets/PROVEN/" not in text


def test_objectives_without_proof_can_be_had_on_paper(client):
    make_unproven_world()
    client.force_login(make_user(Role.AUDITOR))

    client.post(reverse("assets:unproven_report"))
    report = ReportFile.objects.get()
    paper, _content = make_paper(kind=report.kind, subject_id=1, language="en", at=LATER)

    assert report.kind == "unproven"
    assert paper.pages >= 2
