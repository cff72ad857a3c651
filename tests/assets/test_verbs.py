"""Verbs of sites, assets, dependencies, targets, achievements and failover paths."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from assets.changes import BadFactsError, ReasonMissingError
from assets.models import Achievement, Asset, Dependency, RecoveryTarget, Site
from assets.services.achievement import record_achievement
from assets.services.asset import StillNeededError, add_asset, edit_asset, retire_asset
from assets.services.dependency import DependencyCycleError, link_assets, unlink_assets
from assets.services.failover_path import (
    note_failover_state,
    switch_failover_back,
    switch_failover_path,
)
from assets.services.recovery_target import set_target
from assets.services.site import SiteClosedError, close_site, edit_site, open_site
from assets.services.site_assignment import assign_site
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.lifecycle import IllegalMoveError
from tests.make import NOON, make_region, make_site, make_user
from tests.make_assets import make_asset, make_dependency, make_path

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def hard(asset, depends_on):
    return link_assets(asset=asset, depends_on=depends_on, kind="hard", actor=None, at=NOON)


def target(asset, **fields):
    defaults = {"rto": HOUR, "rpo": HOUR, "reason": "Loss per hour", "actor": None, "at": NOON}
    return set_target(asset=asset, **(defaults | fields))


def test_a_site_is_opened_with_a_capital_code():
    facts = {"name": "Surabaya", "region": make_region(), "time_zone": "Asia/Jakarta"}

    site = open_site(code="sby-02", facts=facts, actor=None, at=NOON)

    assert Site.objects.get(code="SBY-02") == site


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"time_zone": "Jawa"}, "time zone"),
        ({"latitude": 5.0}, "latitude"),
        ({"latitude": 95.0, "longitude": 1.0}, "latitude"),
        ({"kind": "castle"}, "Kind"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_site_that_cannot_be_is_refused_with_a_sentence(wrong, word):
    facts = {"name": "Surabaya", "region": make_region()}

    with pytest.raises(BadFactsError, match=word):
        open_site(code="SBY-02", facts=facts | wrong, actor=None, at=NOON)


def test_a_code_is_given_once():
    site = make_site()
    facts = {"name": "Twin", "region": site.region}

    with pytest.raises(BadFactsError, match="exists"):
        open_site(code=site.code, facts=facts, actor=None, at=NOON)


def test_an_edit_leaves_before_and_after_in_the_trail():
    site = make_site(name="Old")

    edit_site(site=site, facts={"name": "New"}, actor=make_user(), at=NOON)

    row = AuditRow.objects.get(action="site.edit")
    assert (row.before, row.after) == ({"name": "Old"}, {"name": "New"})


def test_an_edit_that_changes_nothing_leaves_no_trace():
    site = make_site(name="Same")

    edit_site(site=site, facts={"name": "Same"}, actor=make_user(), at=NOON)

    assert not AuditRow.objects.filter(action="site.edit").exists()


def test_a_closed_site_is_not_closed_again():
    site = make_site()
    closing = {"reason": "Lease ended", "on": NOON.date(), "actor": make_user(), "at": NOON}
    close_site(site=site, **closing)

    with pytest.raises(SiteClosedError):
        close_site(site=site, **closing)


def test_a_person_is_assigned_once():
    user, site = make_user(), make_site()

    for _twice in range(2):
        assign_site(user=user, site=site, actor=None, at=NOON)

    assert user.site_assignments.count() == 1


def test_an_asset_is_added_and_edited():
    facts = {"name": "Tills", "kind": "application", "own_restore": HOUR}
    asset = add_asset(code="app-pos", facts=facts, actor=None, at=NOON)

    edit_asset(asset=asset, facts={"own_restore": 2 * HOUR}, actor=make_user(), at=NOON)

    row = AuditRow.objects.get(action="asset.edit")
    assert row.before == {"own_restore": "P0DT01H00M00S"}
    assert Asset.objects.get(code="APP-POS").own_restore == 2 * HOUR


def test_an_asset_that_something_needs_is_not_retired():
    till, database = make_asset(code="TILL"), make_asset(code="DB")
    make_dependency(till, database)

    with pytest.raises(StillNeededError, match="TILL"):
        retire_asset(asset=database, reason="Old", on=NOON.date(), actor=make_user(), at=NOON)


def test_a_circle_of_hard_dependencies_is_refused_with_its_path():
    one, two, three = (make_asset(code=code) for code in ("ONE", "TWO", "THREE"))
    hard(one, two)
    hard(two, three)

    with pytest.raises(DependencyCycleError, match="THREE → ONE → TWO → THREE"):
        hard(three, one)

    assert Dependency.objects.count() == 2


def test_a_circle_with_a_degraded_arrow_is_allowed():
    one, two = make_asset(), make_asset()
    hard(one, two)

    link_assets(asset=two, depends_on=one, kind="degraded", actor=None, at=NOON)

    assert Dependency.objects.count() == 2


def test_an_asset_does_not_depend_on_itself():
    asset = make_asset()

    with pytest.raises((BadFactsError, DependencyCycleError)):
        hard(asset, asset)


def test_the_latest_word_on_how_many_are_needed_holds_for_the_group():
    till = make_asset()
    for needed in (1, 2):
        link_assets(
            asset=till,
            depends_on=make_asset(),
            kind="hard",
            group="links",
            needed=needed,
            actor=None,
            at=NOON,
        )

    assert set(Dependency.objects.values_list("needed", flat=True)) == {2}


def test_an_arrow_is_taken_away_and_stays_in_the_trail():
    till, database = make_asset(), make_asset(code="DB")

    unlink_assets(dependency=hard(till, database), actor=make_user(), at=NOON)

    assert AuditRow.objects.get(action="dependency.unlink").before["depends_on"] == "DB"
    assert not Dependency.objects.exists()


def test_a_target_needs_a_reason():
    with pytest.raises(ReasonMissingError):
        target(make_asset(), reason="  ")


def test_rto_and_wrt_beyond_mtpd_are_refused_with_a_sentence():
    with pytest.raises(BadFactsError, match="MTPD"):
        target(make_asset(), rto=3 * HOUR, wrt=2 * HOUR, mtpd=4 * HOUR)


def test_the_database_refuses_rto_and_wrt_beyond_mtpd_too():
    with pytest.raises(IntegrityError), transaction.atomic():
        RecoveryTarget.objects.create(
            asset=make_asset(), rto=3 * HOUR, wrt=2 * HOUR, mtpd=4 * HOUR, set_at=NOON
        )


def test_zero_is_a_target_and_unknown_is_none():
    row = target(make_asset(), rto=0 * HOUR, rpo=None)

    row.refresh_from_db()
    assert (row.rto, row.rpo) == (0 * HOUR, None)


def test_the_history_of_a_target_is_in_the_trail():
    asset = make_asset()
    target(asset, rto=HOUR)
    target(asset, rto=2 * HOUR, reason="Cheaper")

    row = AuditRow.objects.filter(action="target.set").latest("seq")
    assert (row.before, row.after) == ({"rto": "P0DT01H00M00S"}, {"rto": "P0DT02H00M00S"})
    assert row.reason == "Cheaper"


def test_an_achievement_is_judged_by_the_target_that_held():
    asset = make_asset(rto=HOUR)

    found = record(asset, 2 * HOUR)

    assert (found.target, found.is_met) == (HOUR, False)


def test_a_source_is_recorded_once():
    asset = make_asset(rto=HOUR)

    assert record(asset, HOUR) == record(asset, HOUR)
    assert Achievement.objects.count() == 1


def test_the_database_refuses_a_verdict_that_is_not_arithmetic():
    with pytest.raises(IntegrityError), transaction.atomic():
        Achievement.objects.create(
            asset=make_asset(),
            measure="rto",
            source_kind="incident",
            achieved=2 * HOUR,
            target=HOUR,
            is_met=True,
            happened_at=NOON,
            recorded_at=NOON,
        )


def record(asset, achieved):
    return record_achievement(
        asset=asset,
        measure="rto",
        source_kind="restore_test",
        source_code="RT-1",
        achieved=achieved,
        happened_at=NOON,
        actor=None,
        at=NOON,
    )


def test_a_path_is_switched_and_switched_back():
    path, actor = make_path(), make_user()

    path = switch_failover_path(path=path, reason="Fire", actor=actor, at=NOON)
    assert (path.state, path.switched_at) == ("active", NOON)

    path = switch_failover_back(path=path, reason="Repaired", actor=actor, at=NOON + HOUR)
    assert (path.state, path.switched_at) == ("ready", NOON + HOUR)


def test_nobody_switches_to_a_path_that_is_down():
    path, actor = make_path(), make_user()
    note_failover_state(path=path, state="down", reason="Cable cut", actor=actor, at=NOON)

    with pytest.raises(IllegalMoveError):
        switch_failover_path(path=path, reason="Fire", actor=actor, at=NOON)


def test_the_database_refuses_a_target_without_a_verdict():
    with pytest.raises(IntegrityError), transaction.atomic():
        Achievement.objects.create(
            asset=make_asset(),
            measure="rto",
            source_kind="incident",
            achieved=HOUR,
            target=HOUR,
            is_met=None,
            happened_at=NOON,
            recorded_at=NOON,
        )
