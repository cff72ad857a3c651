"""Enrolling a device from the shell."""

import json

import pytest
from django.core.management import CommandError, call_command

from bcp_portal.audit.models import AuditRow
from telemetry.models import Device
from tests.make import make_site

pytestmark = pytest.mark.django_db


def enrol(capsys, *arguments):
    call_command("enrol_device", *arguments)
    return json.loads(capsys.readouterr().out)


def test_one_json_object_is_printed(capsys):
    make_site(code="SBY-02")

    printed = enrol(capsys, "SBY-02", "--name", "till 1")

    device = Device.objects.get()
    secrets = {"token", "voice_key"}
    assert printed.keys() == {"node_id", "site", "name", "portal", "orders_key", *secrets}
    assert (printed["node_id"], printed["site"]) == (str(device.node_id), "SBY-02")
    assert AuditRow.objects.filter(action="device.enrol").exists()


def test_an_unknown_site_is_told():
    with pytest.raises(CommandError, match="no site with the code X"):
        call_command("enrol_device", "X", "--name", "till")


def test_a_name_is_given_once_at_a_site(capsys):
    make_site(code="SBY-02")
    enrol(capsys, "SBY-02", "--name", "till")

    with pytest.raises(CommandError, match="already has a device"):
        call_command("enrol_device", "SBY-02", "--name", "till")
