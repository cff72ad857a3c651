"""The portal without a link, in a real Chromium: the server goes and returns, people work on."""

import base64
import hashlib
import json
import re
from functools import partial
from itertools import product

import pytest
import segno
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from bcp_portal.accounts.roles import Role
from incidents.models import EvidenceFile, OfflineDevice, Operation, TimelineEntry
from incidents.selectors.run_log import merge_of
from incidents.services.run_step import complete_step
from telemetry.ordering.spoken import qr_text
from tests.frame.browsing import ARGUMENTS, CHROMIUM, add_authenticator, wait_until
from tests.make import NOON, PASSWORD, make_site, make_user
from tests.make_incidents import make_run, step_of
from tests.make_orders import current, give, make_heard_site
from tests.offline.pages import (
    CANARY,
    PASSPHRASE,
    PATIENCE,
    PLAN,
    answer,
    assign_everywhere,
    commit_and_cut,
    device,
    enter,
    make_ready,
    open_run,
    prepare,
    press,
    replay,
    say_in_dialog,
    sign_in,
    wait_for_count,
    wait_for_unsent,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run():
    return make_run(PLAN, title=f"Tills of {CANARY}")


def test_two_people_work_while_the_server_is_gone_and_nothing_is_lost(browser, server, run):
    budi = make_user(Role.INCIDENT_COMMANDER, first_name="Budi")
    ani = make_user(Role.RESPONDER, first_name="Ani")
    assign_everywhere(ani, run)
    with (
        device(browser, server, budi) as laptop,
        device(browser, server, ani, width=375) as phone,
    ):
        for page in (laptop, phone):
            make_ready(page, server)
        server.stop()

        # The installed pages open although there is no server, at the address people know.
        laptop.goto(f"{server.url}/incidents/{run.incident.code}/")
        phone.goto(server.url)
        for page in (laptop, phone):
            enter(page)
        open_run(phone, run)
        press(laptop, run, f"Unplug the {CANARY}")
        press(phone, run, f"Unplug the {CANARY}")
        press(laptop, run, "Lock the door", act="skip")
        say_in_dialog(laptop, reason="no key")
        press(phone, run, "Lock the door")
        phone.fill("#note-form textarea", "Smoke in the back room")
        phone.click("#note-form button.btn-sm")
        wait_for_unsent(laptop, 2)
        wait_for_unsent(phone, 3)
        expect(phone.locator("#link")).to_have_text("no connection")
        phone.screenshot(path="/tmp/offline/phone.png")
        assert not Operation.objects.exists()

        server.start()
        for page in (laptop, phone):
            replay(page)
            wait_for_unsent(page, 0)

        expect(phone.locator(".offline-clash")).to_be_visible()
        assert laptop.problems == phone.problems == []
        laptop.goto(f"{server.url}/incidents/{run.incident.code}/")
        expect(laptop.locator("#clashes")).to_contain_text("Done and skipped")
        laptop.screenshot(path="/tmp/offline/merged.png")

    ticks = Operation.objects.filter(step=step_of(run, f"Unplug the {CANARY}"), kind="tick")
    assert {op.actor.first_name for op in ticks} == {"Budi", "Ani"}
    assert {op.outcome for op in ticks} == {"applied", "corroborated"}
    [card] = merge_of(run.incident).open_clashes
    assert {side.who for side in card.sides} == {"Budi", "Ani"}
    assert TimelineEntry.objects.filter(params__words="Smoke in the back room").count() == 1
    assert Operation.objects.count() == 5


def test_an_answer_that_never_came_changes_nothing_twice(browser, server, run):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        make_ready(page, server)
        page.route("**/offline/operations/", commit_and_cut)
        open_run(page, run)
        press(page, run, "Lock the door")
        wait_for_count(page, 1)
        wait_for_unsent(page, 1)

        page.unroute("**/offline/operations/")
        for door, status in product(("**/offline/pack/**", "**/offline/operations/"), (429, 500)):
            page.route(door, partial(answer, status))
            with page.expect_response(lambda got, said=status: got.status == said):
                replay(page, at_once=True)
            expect(page.locator("#link")).to_have_text("no connection")
            wait_for_unsent(page, 1)
            page.unroute(door)
        replay(page, at_once=True)
        wait_for_unsent(page, 0)

    assert Operation.objects.count() == 1
    assert step_of(run, "Lock the door").status == "done"


def test_the_disk_holds_no_plain_word(browser, server, run, tmp_path):
    """A persistent profile, searched byte by byte after the browser has gone."""
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=CHROMIUM, args=ARGUMENTS
    )
    page = prepare(context, server, make_user(Role.INCIDENT_COMMANDER))
    make_ready(page, server)
    server.stop()
    open_run(page, run)
    expect(page.locator("#stage")).to_contain_text(CANARY)
    page.fill("#note-form textarea", f"{CANARY} is warm")
    page.click("#note-form button.btn-sm")
    wait_for_unsent(page, 1)
    context.close()

    found = [
        file.relative_to(tmp_path).as_posix()
        for file in tmp_path.rglob("*")
        if file.is_file() and has_word(file.read_bytes())
    ]
    assert found == []
    assert any("siaga" in str(path) or "IndexedDB" in str(path) for path in tmp_path.rglob("*"))


def has_word(data: bytes) -> bool:
    spellings = (CANARY, PASSPHRASE)
    return any(word.encode(code) in data for word in spellings for code in ("utf-8", "utf-16-le"))


def test_an_ended_session_keeps_what_is_unsent_until_its_owner_returns(browser, server, run):
    budi, other = make_user(Role.INCIDENT_COMMANDER), make_user(Role.INCIDENT_COMMANDER)
    with device(browser, server, budi) as page:
        make_ready(page, server)
        Session.objects.all().delete()
        open_run(page, run)
        press(page, run, "Lock the door")
        expect(page.locator("#link")).to_have_text("signed out: sign in to send")
        wait_for_unsent(page, 1)

        sign_in(page, server, other)
        replay(page)
        expect(page.locator("#link")).to_have_text("somebody else is signed in: nothing is sent")
        assert not Operation.objects.exists()

        sign_in(page, server, budi)
        replay(page)
        wait_for_unsent(page, 0)

    assert Operation.objects.get().actor == budi


def test_a_new_edition_of_the_pages_keeps_unsent_operations(browser, server, run, monkeypatch):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        make_ready(page, server)
        page.route("**/api/v1/**", lambda route: route.abort())
        open_run(page, run)
        press(page, run, "Lock the door")
        wait_for_unsent(page, 1)

        monkeypatch.setattr("incidents.views.offline.version_of_files", lambda: "next-edition")
        page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update())")
        wait_until(
            page,
            "caches.keys().then(names => names.length === 1 && names[0] === 'siaga-next-edition')",
        )
        page.unroute("**/api/v1/**")
        page.reload()
        enter(page)
        wait_for_unsent(page, 0)

    assert Operation.objects.get().outcome == "applied"


def test_five_wrong_tries_a_lost_device_and_signing_out_empty_it(browser, server, run):
    budi = make_user(Role.INCIDENT_COMMANDER)
    with device(browser, server, budi) as page:
        make_ready(page, server)
        page.click("#lock")
        expect(page.locator("#stage")).not_to_contain_text(CANARY)
        for left in (4, 3, 2, 1):
            enter(page, "not my passphrase")
            expect(page.locator(".offline-problem")).to_contain_text(f"emptied: {left}")
        enter(page, "not my passphrase")
        expect(page.locator(".offline-problem")).to_contain_text("has been emptied")

        make_ready(page, server)
        page.goto(f"{server.url}/offline/devices/")
        page.get_by_role("button", name="Report lost").first.click()
        page.click("dialog.ask button.btn-danger")
        page.goto(f"{server.url}/offline/")
        expect(page.locator("#begin")).to_be_visible()
        assert OfflineDevice.objects.exclude(revoked_at=None).count() == 1

        make_ready(page, server)
        page.goto(f"{server.url}/account/sessions/")
        expect(page.locator("#offline-chip")).to_have_attribute("data-state", "ready")
        page.click("summary.person")
        page.get_by_role("banner").get_by_role("button", name="Sign out").click()
        page.wait_for_url(re.compile("/account/login/"))
        boxes = page.evaluate("indexedDB.databases().then(all => all.map(one => one.name))")
        assert "siaga-offline" not in boxes


def test_a_clock_two_hours_wrong_is_corrected(browser, server, run):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        page.add_init_script("const real = Date.now.bind(Date); Date.now = () => real() + 7200000;")
        make_ready(page, server)
        open_run(page, run)
        press(page, run, "Lock the door")
        wait_for_count(page, 1)

    operation = Operation.objects.get()
    lead = (operation.client_time - operation.received_at).total_seconds()
    assert lead > 7000
    assert abs((operation.happened_at - operation.received_at).total_seconds()) < 60
    assert operation.uncertainty_ms is not None


def test_the_portal_can_be_installed(browser, server):
    with device(browser, server, make_user(Role.RESPONDER)) as page:
        make_ready(page, server)
        tools = page.context.new_cdp_session(page)
        found = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
        manifest = json.loads(tools.send("Page.getAppManifest")["data"])

    # A private profile cannot install anything; nothing else may stand against it.
    assert [one["errorId"] for one in found if one["errorId"] != "in-incognito"] == []
    assert manifest["short_name"] == "Siaga"


def test_unsent_deeds_and_photos_leave_as_a_file_and_another_device_brings_them_once(
    browser, server, run, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    photo = b"\xff\xd8" + CANARY.encode() * 5000
    budi, other = make_user(Role.INCIDENT_COMMANDER), make_user(Role.INCIDENT_COMMANDER)
    with device(browser, server, budi) as page:
        make_ready(page, server)
        server.stop()
        open_run(page, run)
        press(page, run, "Lock the door")
        page.get_by_role("button", name="Evidence").click()
        image = {"name": "switch.jpg", "mimeType": "image/jpeg", "buffer": photo}
        page.set_input_files("dialog [name=file]", image)
        say_in_dialog(page, text="The burnt switch")
        wait_for_unsent(page, 2)
        page.click("#back")
        with page.expect_download() as download:
            page.get_by_role("button", name="Export as an encrypted file").click()
            say_in_dialog(page, passphrase="another long secret")
        carried = download.value.path().read_text()
    assert not re.search(r"tick|step|Lock the door|switch", carried)
    assert CANARY.encode() not in base64.b64decode(json.loads(carried)["box"])

    server.start()
    (tmp_path / "unsent.json").write_text(carried)
    with device(browser, server, other) as page:
        bring_in(page, server, tmp_path / "unsent.json", "another long secret")
        expect(page.locator("#carry-result")).to_contain_text("who has to sign in to bring them")
    assert not Operation.objects.exists()

    with device(browser, server, budi, width=375) as page:
        bring_in(page, server, tmp_path / "unsent.json", "not the secret")
        expect(page.locator("#carry-result")).to_contain_text("not its passphrase")
        for _twice in range(2):
            bring_in(page, server, tmp_path / "unsent.json", "another long secret")
            expect(page.locator("#carry-result")).to_contain_text("1 of 1 files are on record")
            expect(page.locator("#carry-result")).to_contain_text("2 of 2 deeds are on record")
        assert page.problems == []

    assert {op.kind for op in Operation.objects.all()} == {"tick", "evidence"}
    assert Operation.objects.count() == 2
    assert EvidenceFile.objects.get().sha256 == hashlib.sha256(photo).hexdigest()


def bring_in(page, server, file, passphrase):
    page.goto(f"{server.url}/offline/import/")
    page.set_input_files("#carry-file", str(file))
    page.fill("#carry-passphrase", passphrase)
    page.click("#carry button[type=submit]")


def test_a_passkey_opens_the_device_without_a_passphrase(browser, server, run):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        page.goto(f"{server.url.replace('127.0.0.1', 'localhost')}/account/login/")
        page.context.add_cookies(
            [
                cookie | {"domain": "localhost"}
                for cookie in page.context.cookies()
                if cookie["name"] == settings.SESSION_COOKIE_NAME
            ]
        )
        add_authenticator(page)
        page.goto(f"{server.url.replace('127.0.0.1', 'localhost')}/offline/")
        page.locator("#begin").get_by_role("button", name="Use a passkey").click()
        expect(page.locator("#ready")).to_have_text("Offline-ready", timeout=PATIENCE)

        page.click("#lock")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.locator(".offline-incident")).to_contain_text(run.incident.code)


def test_a_photo_waits_sealed_and_arrives_with_its_digest(browser, server, run, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    photo = b"\xff\xd8" + CANARY.encode() * 1000
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        make_ready(page, server)
        server.stop()
        open_run(page, run)
        page.get_by_role("button", name="Evidence").click()
        image = {"name": "switch.jpg", "mimeType": "image/jpeg", "buffer": photo}
        page.set_input_files("dialog [name=file]", image)
        say_in_dialog(page, text="The burnt switch")
        wait_for_unsent(page, 1)

        server.start()
        replay(page)
        wait_for_unsent(page, 0)

    file = EvidenceFile.objects.get()
    assert file.sha256 == hashlib.sha256(photo).hexdigest()
    assert (tmp_path / file.path).read_bytes() == photo


def test_it_locks_after_five_quiet_minutes_and_keeps_its_copy_for_72_hours(browser, server, run):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        page.clock.install()
        make_ready(page, server)
        server.stop()
        open_run(page, run)
        press(page, run, "Lock the door")
        wait_for_unsent(page, 1)
        page.clock.fast_forward(240_000)
        expect(page.locator("#stage")).to_contain_text(CANARY)
        page.fill("#note-form textarea", f"{CANARY} stands at the")
        page.clock.fast_forward(301_000)
        expect(page.locator("#unlock")).to_be_visible()
        assert CANARY not in page.content()
        enter(page)  # what was being written is there again
        expect(page.locator("#note-form textarea")).to_have_value(f"{CANARY} stands at the")
        page.clock.fast_forward(301_000)
        expect(page.locator("#unlock")).to_be_visible()

        page.clock.fast_forward(72 * 3_600_000)
        enter(page)
        expect(page.locator("#stage")).to_contain_text("Nothing is kept here now")
        wait_for_unsent(page, 1)  # what was done here stays, sealed


def test_what_arrives_meanwhile_takes_no_tap_and_no_keyboard_from_a_finger(browser, server, run):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        make_ready(page, server)
        open_run(page, run)
        button = page.locator(f'[data-step="{step_of(run, "Lock the door").pk}"] [data-act="tick"]')
        button.hover()
        page.mouse.down()
        hear_from_elsewhere(page)
        page.mouse.up()
        expect(page.locator("[data-status=done]")).to_have_count(1)

        page.focus("#note-form textarea")
        hear_from_elsewhere(page)
        page.keyboard.insert_text("Smoke in ")
        hear_from_elsewhere(page)
        page.keyboard.type("the back room")
        page.click("#note-form button.btn-sm")
        wait_for_unsent(page, 0)

        step = f'[data-step="{step_of(run, "Call the landlord").pk}"] [data-act="tick"]'
        page.focus(step)
        hear_from_elsewhere(page)
        page.keyboard.press("Enter")
        wait_for_unsent(page, 0)
        expect(page.locator("[data-status=done]")).to_have_count(2)
    assert TimelineEntry.objects.filter(params__words="Smoke in the back room").count() == 1


def test_who_thinks_over_an_empty_note_still_sees_what_happens(browser, server, run):
    person = make_user(Role.INCIDENT_COMMANDER)
    with device(browser, server, person) as page:
        make_ready(page, server)
        open_run(page, run)
        page.focus("#note-form textarea")
        complete_step(step=step_of(run, "Lock the door"), actor=person, at=NOON)
        hear_from_elsewhere(page)

        expect(page.locator("[data-status=done]")).to_have_count(1, timeout=30_000)
        page.keyboard.insert_text("Smoke")
        expect(page.locator("#note-form textarea")).to_have_value("Smoke")


def hear_from_elsewhere(page):
    """The page asks the server, and has had the time to draw what it was told."""
    with page.expect_response("**/offline/pack/**"):
        replay(page, at_once=True)
    page.wait_for_timeout(500)


def test_an_answer_that_takes_half_a_minute_stops_nobody(browser, server, run):
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        page.clock.install()
        make_ready(page, server)
        held = []
        page.route(
            "**/offline/operations/",
            lambda route: route.continue_() if held else held.append(route),
        )
        open_run(page, run)
        press(page, run, "Lock the door")
        while not held:
            page.wait_for_timeout(50)
        press(page, run, "Call the landlord")
        wait_for_unsent(page, 2)
        page.clock.fast_forward(30_000)
        held[0].continue_()
        wait_for_unsent(page, 0)

    assert [op.outcome for op in Operation.objects.all()] == ["applied", "applied"]


def test_what_waits_leaves_by_itself_whatever_the_browser_believes(browser, server, run):
    site = make_site()
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER), width=375) as page:
        page.add_init_script(
            "Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false });"
        )
        page.clock.install()
        make_ready(page, server)
        open_run(page, run)
        unsent = expect(page.locator("#unsent"))

        page.context.set_offline(True)  # a cut that the browser notices, and tells
        press(page, run, "Lock the door")
        unsent.to_have_text("Unsent: 1", timeout=PATIENCE)
        expect(page.locator("#link")).to_have_text("no connection")
        page.context.set_offline(False)
        unsent.to_have_text("Unsent: 0", timeout=PATIENCE)

        # Cuts that nobody notices: half a minute later, or when somebody looks, it is tried again.
        for text, look in (
            ("Call the landlord", lambda: page.clock.fast_forward(30_000)),
            (f"Unplug the {CANARY}", partial(page.evaluate, LOOKED_AT)),
        ):
            page.route("**/api/v1/**", lambda route: route.abort())
            press(page, run, text)
            unsent.to_have_text("Unsent: 1", timeout=PATIENCE)
            expect(page.locator("#link")).to_have_text("no connection")
            page.unroute("**/api/v1/**")
            look()
            unsent.to_have_text("Unsent: 0", timeout=PATIENCE)

        page.get_by_role("button", name="Propose: an order to a site").click()
        page.select_option("dialog [name=action]", "freeze")
        page.select_option("dialog [name=sites]", site.code)
        say_in_dialog(page, reason="Wrong prices come from there")
        wait_for_count(page, 4)

    assert [op.outcome for op in Operation.objects.order_by("pk")] == ["applied"] * 3 + ["proposed"]


LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"


def test_a_photo_of_a_code_is_read_in_the_browser_and_counts_as_scanned(browser, server, tmp_path):
    site, _agent = make_heard_site()
    give(site)
    photo = tmp_path / "photo.png"
    segno.make(qr_text(current(site)), error="l").save(photo, scale=5, border=4)
    budi, client = make_user(Role.INCIDENT_COMMANDER), Client()
    # Orders are shown after a fresh sign-in with the password only.
    client.post(reverse("account_login"), {"login": budi.username, "password": PASSWORD})
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with device(browser, server, budi, width=375) as page:
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}]
        )
        page.goto(f"{server.url}/sites/{site.code}/orders/by-hand/")
        page.set_input_files("#scan-picture", str(photo))
        expect(page.locator("#id_words")).to_have_value(qr_text(current(site)))
        assert page.input_value("#id_scanned") == "on"
        page.get_by_role("button", name="Check and write down").click()
        expect(page.locator("body")).to_contain_text("Genuine and in force: number 1")
        assert page.problems == []
