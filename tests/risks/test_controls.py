"""Controls: the basic list, tests of design and operation with evidence, what each takes away."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from risks.basic_controls import BASIC_CONTROLS
from risks.models import Control, ControlTest, RegisterVersion
from risks.services.control import (
    apply_control,
    record_control_test,
    take_over_basic_controls,
    withdraw_control,
)
from tests.make import NOON, make_user
from tests.make_risks import make_control, make_risk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def look_at(control, *, when=NOON, **facts):
    said = {"effectiveness": "strong", "note": "Looked at ten devices"} | facts
    return record_control_test(control=control, **said, actor=make_user(), at=when)


def test_the_basic_list_is_taken_over_with_one_press_and_is_untested(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    assert "Encryption at rest" in client.get(reverse("risks:controls")).text

    page = client.post(reverse("risks:controls_basic"), follow=True)

    assert Control.objects.count() == len(BASIC_CONTROLS)
    assert set(Control.objects.values_list("effectiveness", "design")) == {("untested", "untested")}
    assert reverse("risks:controls_basic") not in page.text


@pytest.mark.parametrize(
    "word",
    [
        "at rest",
        "in transit",
        "Authentication",
        "lock",
        "privilege",
        "USB",
        "Antivirus",
        "Firewall",
        "Backups",
        "Training",
    ],
)
def test_the_basic_list_holds_what_everybody_needs(word):
    assert any(word in str(one.name) for one in BASIC_CONTROLS)


def test_a_withdrawn_control_of_the_basic_list_is_not_brought_back():
    actor = make_user(Role.RISK_MANAGER)
    first, *_others = take_over_basic_controls(actor=actor, at=NOON)
    withdraw_control(control=first, reason="Replaced", actor=actor, at=NOON)

    with pytest.raises(BadFactsError, match="is here"):
        take_over_basic_controls(actor=actor, at=NOON)


def test_a_reader_is_not_offered_the_basic_list(client):
    client.force_login(make_user(Role.AUDITOR))

    assert reverse("risks:controls_basic") not in client.get(reverse("risks:controls")).text
    assert client.post(reverse("risks:controls_basic")).status_code == 403


def test_design_and_operation_are_judged_apart():
    control = look_at(make_control(), effectiveness="strong", design="weak")

    assert (control.design, control.effectiveness) == ("weak", "strong")
    assert RegisterVersion.objects.get(code=control.code).facts["design"] == "weak"
    control = look_at(control, effectiveness="partial", when=NOON + DAY)
    assert (control.design, control.effectiveness) == ("weak", "partial")
    assert control.tests.count() == 2


def test_a_test_of_long_ago_is_kept_and_changes_nothing_that_is_known_since():
    control = look_at(make_control(), effectiveness="weak")

    control = look_at(control, effectiveness="strong", tested_on=(NOON - 9 * DAY).date())

    control.refresh_from_db()
    assert (control.effectiveness, control.tested_on) == ("weak", NOON.date())
    assert control.tests.count() == 2


def test_a_test_in_the_future_is_refused():
    with pytest.raises(BadFactsError, match="lies in the past"):
        look_at(make_control(), tested_on=(NOON + DAY).date())


def test_evidence_of_a_test_is_kept_with_its_hash_and_comes_back_as_a_download(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    control = make_control()
    proof = SimpleUploadedFile("scan.txt", b"all devices locked")
    facts = {"effectiveness": "strong", "design": "strong", "note": "Scan", "proof": proof}

    client.post(reverse("risks:control_test", args=[control.code]), facts)

    test = ControlTest.objects.get()
    page = client.get(reverse("risks:control", args=[control.code])).text
    assert test.sha256[:12] in page
    answer = client.get(reverse("risks:control_proof", args=[test.pk]))
    assert answer.content == b"all devices locked"
    assert "attachment" in answer["Content-Disposition"]


def test_evidence_of_a_dangerous_kind_is_refused_and_no_test_is_noted(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    control = make_control()
    proof = SimpleUploadedFile("scan.html", b"<script>")
    facts = {"effectiveness": "strong", "note": "Scan", "proof": proof}

    answer = client.post(reverse("risks:control_test", args=[control.code]), facts)

    assert answer.status_code == 422
    control.refresh_from_db()
    assert (control.effectiveness, ControlTest.objects.count()) == ("untested", 0)


def test_the_risk_shows_what_each_control_takes_away(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    risk = make_risk(residual=(3, 3))
    apply_control(
        risk=risk, control=make_control(), cuts_rate=40, cuts_loss=12.5, actor=None, at=NOON
    )

    page = client.get(reverse("risks:detail", args=[risk.code])).text

    assert "−40 %" in page
    assert "−12.5 %" in page


def test_the_api_takes_the_design_of_a_control(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    control = make_control()

    answer = client.post(
        f"/api/v1/controls/{control.code}/test/",
        {"effectiveness": "strong", "design": "partial", "note": "Read"},
        content_type="application/json",
    )

    assert (answer.json()["design"], answer.json()["effectiveness"]) == ("partial", "strong")
