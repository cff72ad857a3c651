"""Ways to reach a person are verified, kept quiet and answered from a phone (P2)."""

import re
from datetime import time, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from bcp_portal.accounts.models import ContactKind, ContactMethod
from bcp_portal.accounts.services.contact_method import (
    WrongCodeError,
    check_code,
    set_quiet_hours,
)
from incidents.answer_link import answer_link
from incidents.models import Escalation, EscalationStatus, Notice, NoticeKind
from incidents.services.delivery import deliver
from incidents.services.notice import reachable_addresses, send_test_notice, write_notice
from tests.incidents.test_escalation import fire_due
from tests.make import NOON, make_user
from tests.make_incidents import make_incident, make_policy

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=3)


def send_code(person):
    method = person.contact_methods.get()
    notice = send_test_notice(method=method, actor=person, at=NOON)
    deliver(subject_id=notice.deliveries.get().pk, at=NOON, again=False)
    return method, notice, re.search(r"\b\d{6}\b", mail.outbox[-1].body).group()


def make_call(**fields):
    person = make_user(**fields)
    make_policy([person], [make_user()])
    make_incident(commander=None)
    fire_due(at=NOON)
    return Notice.objects.get(person=person, requires_ack=True)


def path_of(notice):
    return answer_link(notice).partition("/answer/")[2].join(["/answer/", ""])


def test_the_code_travels_only_the_way_that_it_proves():
    person = make_user()

    method, notice, code = send_code(person)

    assert code not in notice.text
    check_code(method=method, code=f" {code} ", actor=person, at=SOON)
    method.refresh_from_db()
    assert method.verified_at == SOON


def test_a_wrong_code_counts_and_five_of_them_spoil_the_right_one():
    person = make_user()
    method, _notice, code = send_code(person)
    wrong = "000000" if code != "000000" else "000001"

    for _try in range(5):
        with pytest.raises(WrongCodeError, match="not the code"):
            check_code(method=method, code=wrong, actor=person, at=SOON)

    with pytest.raises(WrongCodeError, match="no longer good"):
        check_code(method=method, code=code, actor=person, at=SOON)


def test_a_code_is_good_for_half_an_hour():
    person = make_user()
    method, _notice, code = send_code(person)

    with pytest.raises(WrongCodeError, match="no longer good"):
        check_code(method=method, code=code, actor=person, at=NOON + timedelta(minutes=31))


def test_where_one_way_is_verified_the_others_are_passed_over():
    person = make_user()
    ContactMethod.objects.create(
        user=person, kind=ContactKind.WEBHOOK, address="http://hook.example", position=2
    )
    assert len(reachable_addresses(person)) == 2

    person.contact_methods.filter(kind="mail").update(verified_at=NOON)

    assert reachable_addresses(person) == [("mail", person.email)]


def test_quiet_hours_keep_news_away_but_never_a_call():
    person = make_user(time_zone="Asia/Jakarta")
    method = person.contact_methods.get()
    # Noon in London is 19:00 in Jakarta.
    set_quiet_hours(method=method, quiet_from=time(18), quiet_until=time(6), actor=person, at=NOON)

    news = write_notice(person=person, kind=NoticeKind.UPDATE, message="News", at=NOON)
    call = write_notice(person=person, kind=NoticeKind.CALL, message="Come", at=NOON)

    assert (news.deliveries.count(), call.deliveries.count()) == (0, 1)
    morning = NOON + timedelta(hours=13)
    assert reachable_addresses(person, news_at=morning) == [("mail", person.email)]


def test_a_call_is_answered_by_one_press_of_its_link_and_nobody_else_is_called(client):
    notice = make_call()
    path = path_of(notice)

    assert "I have it" in client.get(path).content.decode()
    notice.refresh_from_db()
    assert notice.acknowledged_at is None

    assert "Nobody else is called" in client.post(path).content.decode()

    notice.refresh_from_db()
    escalation = Escalation.objects.get(pk=notice.escalation_id)
    assert notice.acknowledged_at is not None
    assert (escalation.status, escalation.acknowledged_by) == (
        EscalationStatus.ACKNOWLEDGED, notice.person,
    )  # fmt: skip
    assert "answered already" in client.post(path).content.decode()


def test_the_link_travels_with_the_call():
    notice = make_call()

    deliver(subject_id=notice.deliveries.get().pk, at=NOON, again=False)

    assert "/answer/" in mail.outbox[-1].body


@pytest.mark.parametrize("spoil", ["forged", "left"])
def test_a_forged_link_and_one_of_somebody_who_left_answer_nothing(client, spoil):
    notice = make_call()
    path = path_of(notice)
    if spoil == "left":
        notice.person.is_active = False
        notice.person.save()
    else:
        path = path[:-3] + "xy/"

    assert client.post(path).status_code == 404
    notice.refresh_from_db()
    assert notice.acknowledged_at is None


def test_an_answer_in_the_inbox_stops_the_calling_too(client):
    notice = make_call()
    client.force_login(notice.person)

    client.post(reverse("incidents:notice_answer", args=[notice.pk]))

    status = Escalation.objects.get(pk=notice.escalation_id).status
    assert status == EscalationStatus.ACKNOWLEDGED


def test_the_profile_takes_the_code_and_the_quiet_hours(client):
    person = make_user()
    client.force_login(person)
    method = person.contact_methods.get()
    client.post(reverse("incidents:contact_test", args=[method.pk]))
    method.refresh_from_db()

    client.post(reverse("accounts:contact_verify", args=[method.pk]), {"code": method.code})
    client.post(
        reverse("accounts:contact_quiet", args=[method.pk]),
        {"quiet_from": "22:00", "quiet_until": "06:00"},
    )

    method.refresh_from_db()
    assert method.verified_at is not None
    assert (method.quiet_from, method.quiet_until) == (time(22), time(6))
    page = client.get(reverse("accounts:profile")).content.decode()
    assert "verified" in page
    assert "22:00–06:00" in page
