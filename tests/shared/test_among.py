"""Many keys are one parameter, and find what naming each of them finds."""

import gc

import pytest
from django.db import connection

from assets.models import Site
from bcp_portal.shared.collecting import collector_at_rest
from telemetry.models import Device
from tests.make import make_device


@pytest.mark.django_db
def test_rows_among_these_keys_are_found_and_no_others():
    devices = [make_device() for _ in range(4)]
    wanted = {devices[0].site_id, devices[2].site_id}

    by_site = Device.objects.filter(site__pk__among=wanted)
    of_own_key = Site.objects.filter(pk__among=wanted)

    assert {device.pk for device in by_site} == {devices[0].pk, devices[2].pk}
    assert {site.pk for site in of_own_key} == wanted


@pytest.mark.django_db
def test_no_keys_are_no_rows():
    make_device()

    assert not Device.objects.filter(site__pk__among=[]).exists()


@pytest.mark.django_db
def test_two_thousand_keys_are_one_parameter():
    query = Device.objects.filter(site__pk__among=range(2000)).values_list("pk").query

    _sql, params = query.get_compiler(connection=connection).as_sql()

    assert len(params) == 1


@pytest.mark.parametrize("told", [["1) OR (1=1"], ["x"], [None]])
def test_what_is_no_number_is_refused(told):
    with pytest.raises((ValueError, TypeError)):
        Device.objects.filter(site__pk__among=told)


def test_the_collector_is_on_again_after_the_work_even_if_it_failed():
    was_on = gc.isenabled()
    with pytest.raises(ZeroDivisionError), collector_at_rest():
        _ = gc.isenabled() or 1 / 0

    assert was_on
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with collector_at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
