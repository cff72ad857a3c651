"""Web push: sealed as the standards say, to a browser that proves itself, and taken back (P3)."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.urls import reverse

from bcp_portal.accounts.models import ContactKind, ContactMethod
from bcp_portal.accounts.services.contact_method import BadAddressError
from incidents.channels import write_letter
from incidents.channels.push import MOST_WORDS, push_words
from incidents.channels.push_seal import (
    KEY_FILE,
    Subscriber,
    decoded,
    encoded,
    point_of,
    public_key,
    seal_with,
)
from incidents.models import Delivery, DeliveryStatus, Notice
from incidents.services.delivery import deliver
from incidents.services.notice import send_test_notice
from incidents.services.push_subscription import subscribe_browser
from tests.incidents.test_escalation import fire_due
from tests.make import NOON, make_user
from tests.make_incidents import make_incident, make_policy

pytestmark = pytest.mark.django_db
SECRET = b"sixteen secrets!"


class Browser:
    """A browser with a key of its own: it opens what was sealed for it, as RFC 8291 says."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.key = generate_private_key(SECP256R1())
        self.public = point_of(self.key.public_key())
        self.keys = f"{encoded(self.public)}.{encoded(SECRET)}"

    def open(self, body):
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= size
        shared = self.key.exchange(
            ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender)
        )
        info = b"WebPush: info\0" + self.public + sender
        seed = HKDF(hashes.SHA256(), 32, SECRET, info).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(seed)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(seed)
        words = AESGCM(key).decrypt(nonce, sealed, None)
        assert words.endswith(b"\x02")
        return json.loads(words[:-1])


@pytest.fixture
def browser(hook_server, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.WEBHOOK_ALLOW = ["127.0.0.1"]
    return Browser(hook_server.url)


def subscribe(person, browser, **fields):
    told = {"endpoint": browser.endpoint, "keys": browser.keys} | fields
    return subscribe_browser(person=person, actor=person, at=NOON, **told)


def send_newest(**fields):
    delivery = Delivery.objects.latest("pk")
    deliver(subject_id=delivery.pk, at=NOON, again=False, **fields)
    delivery.refresh_from_db()
    return delivery


def make_rung_person(browser):
    """A person who is called by this browser first, then by mail."""
    person = make_user()
    method = subscribe(person, browser)
    ContactMethod.objects.filter(pk=method.pk).update(position=0, verified_at=NOON)
    return person


def call(person):
    make_policy([person], [make_user()])
    make_incident(commander=None)
    fire_due(at=NOON)
    return Notice.objects.get(person=person, requires_ack=True)


def test_words_are_sealed_as_the_example_of_the_standard():
    ours = derive_private_key(
        int.from_bytes(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), SECP256R1()
    )
    reader = Subscriber.read(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ".BTBZMqHH6r4Tts7J_aSIgg"
    )

    sealed = seal_with(
        b"When I grow up, I want to be a watermelon",
        to=reader,
        ours=ours,
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )

    assert encoded(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_a_browser_gets_its_code_sealed_and_its_person_enters_it(client, hook_server, browser):
    person = make_user()
    client.force_login(person)
    told = dict(zip(("p256dh", "auth"), browser.keys.split("."), strict=True))

    client.post(reverse("incidents:push_subscribe"), told | {"endpoint": browser.endpoint})
    method = ContactMethod.objects.get(user=person, kind=ContactKind.PUSH)
    assert send_newest().status == DeliveryStatus.SENT

    _headers, body = hook_server.got[0]
    assert f"Your code: {method.code}" in browser.open(body)["body"]
    assert method.code.encode() not in body
    client.post(reverse("accounts:contact_verify", args=[method.pk]), {"code": method.code})
    method.refresh_from_db()
    assert method.verified_at is not None
    page = client.get(reverse("accounts:profile")).content.decode()
    assert "127.0.0.1 …hook" in page
    assert told["auth"] not in page


def test_a_call_by_push_is_vouched_for_urgent_and_answered_by_its_link(
    client, hook_server, browser
):
    notice = call(make_rung_person(browser))

    assert send_newest().status == DeliveryStatus.SENT

    headers, body = hook_server.got[-1]
    assert (headers["Urgency"], headers["Content-Encoding"]) == ("high", "aes128gcm")
    token, key = headers["Authorization"].removeprefix("vapid t=").split(", k=")
    assert key == public_key()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(hook_server.url))
    point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decoded(key))
    claims = jwt.decode(
        token, point, algorithms=["ES256"], audience=origin, options={"verify_exp": False}
    )
    assert claims["exp"] == int((NOON + timedelta(hours=12)).timestamp())
    assert claims["sub"].startswith(("mailto:", "https://"))

    shown = browser.open(body)
    assert notice.text in shown["body"]
    assert client.post(urlsplit(shown["open"]).path).status_code == 200
    notice.refresh_from_db()
    assert notice.acknowledged_at is not None


@pytest.mark.parametrize("answer", [404, 410])
def test_a_browser_that_is_gone_is_taken_off_and_the_next_way_is_tried(
    hook_server, browser, answer
):
    person = make_rung_person(browser)
    ContactMethod.objects.filter(user=person, kind="mail").update(verified_at=NOON)
    notice = call(person)
    hook_server.answer = answer

    assert send_newest().status == DeliveryStatus.FAILED

    assert not person.contact_methods.filter(kind=ContactKind.PUSH).exists()
    ways = list(notice.deliveries.order_by("position").values_list("channel", "status"))
    assert ways == [("push", DeliveryStatus.FAILED), ("mail", DeliveryStatus.QUEUED)]
    told = Notice.objects.filter(person=person, path="/account/profile/#contacts").get()
    assert "127.0.0.1" in told.text


@pytest.mark.parametrize("answer", [429, 503])
def test_a_push_service_that_is_busy_is_asked_again(hook_server, browser, answer):
    person = make_rung_person(browser)
    call(person)
    hook_server.answer = answer

    with pytest.raises(OSError, match=str(answer)):
        send_newest()

    assert person.contact_methods.filter(kind=ContactKind.PUSH).exists()
    assert Delivery.objects.latest("pk").status == DeliveryStatus.QUEUED


@pytest.mark.parametrize(
    ("endpoint", "allow"),
    [("https://127.0.0.1:9/x", []), ("http://8.8.8.8/x", []), ("https://10.0.0.7/x", [])],
)
def test_a_browser_with_an_inner_or_open_address_is_refused(browser, settings, endpoint, allow):
    settings.WEBHOOK_ALLOW = allow

    with pytest.raises(BadAddressError, match="push service"):
        subscribe(make_user(), browser, endpoint=endpoint)


@pytest.mark.parametrize("keys", ["", "x.y", f"{encoded(b'4' * 65)}.{encoded(SECRET)}", "é.é"])
def test_keys_that_no_browser_says_are_refused(browser, keys):
    with pytest.raises(BadAddressError, match="did not say"):
        subscribe(make_user(), browser, keys=keys)


def test_a_browser_rings_for_the_person_who_asked_last(browser):
    earlier, later = make_user(), make_user()
    subscribe(earlier, browser)

    subscribe(later, browser)
    subscribe(later, browser)

    owners = ContactMethod.objects.filter(kind=ContactKind.PUSH).values_list("user", flat=True)
    assert list(owners) == [later.pk]


def test_a_test_that_fails_is_not_sent_by_another_way(hook_server, browser):
    person = make_user()
    method = subscribe(person, browser)
    hook_server.answer = 410
    notice = send_test_notice(method=method, actor=person, at=NOON)

    send_newest()

    assert [d.channel for d in notice.deliveries.all()] == ["push"]


def test_a_long_message_fits_into_one_record(browser):
    notice = call(make_rung_person(browser))
    notice.params["title_said"] = "ü" * 5000
    notice.save()
    letter = write_letter(notice.deliveries.get(), at=NOON)

    assert len(push_words(letter)) <= MOST_WORDS


def test_the_key_of_the_portal_stays_and_is_readable_by_its_owner_alone(browser, settings):
    first = public_key()

    assert public_key() == first
    assert (settings.DATA_DIR / KEY_FILE).stat().st_mode & 0o777 == 0o600
