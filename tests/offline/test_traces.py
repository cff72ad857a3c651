"""What a device still knows when somebody else sits down at it: nothing in clear, no key."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from bcp_portal.accounts.roles import Role
from tests.frame.browsing import ARGUMENTS, CHROMIUM
from tests.make import make_user
from tests.make_incidents import make_run
from tests.offline.pages import (
    CANARY,
    PATIENCE,
    PLAN,
    device,
    enter,
    make_ready,
    open_run,
    prepare,
    press,
    replay,
    sign_in,
    wait_for_unsent,
)

# Every value of every store, as its type: a key that the browser could use would stand out.
KEPT_TYPES = """async () => {
  const open = indexedDB.open("siaga-offline");
  await new Promise((done) => { open.onsuccess = done; });
  const base = open.result;
  const found = new Set();
  const walk = (value) => {
    const type = Object.prototype.toString.call(value).slice(8, -1);
    found.add(type);
    if (type === "Object" || type === "Array") Object.values(value).forEach(walk);
  };
  for (const name of base.objectStoreNames) {
    const all = base.transaction(name).objectStore(name).getAll();
    await new Promise((done) => { all.onsuccess = done; });
    walk(all.result);
  }
  base.close();
  return [...found].sort();
}"""


@pytest.mark.django_db
def test_no_browser_may_keep_what_a_signed_in_person_was_shown(client):
    run = make_run({"Isolate": ["Unplug"]})
    door = client.get(reverse("account_login"))
    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    shown = [
        client.get(place)
        for place in ("/", f"/incidents/{run.incident.code}/", "/api/v1/offline/pack/")
    ]

    assert {answer["Cache-Control"] for answer in shown} == {"private, no-store"}
    assert client.get("/sw.js")["Cache-Control"] == "no-cache"  # it holds nothing of anybody
    assert "no-store" not in client.get("/offline/")["Cache-Control"]
    assert door.status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_page_that_was_read_with_a_link_is_not_found_on_the_disk(browser, server, tmp_path):
    # The browser itself writes titles into its history: those name the incident and no more.
    run = make_run(PLAN, title="Tills of the harbour")
    context = browser.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=CHROMIUM, args=ARGUMENTS
    )
    page = prepare(context, server, make_user(Role.INCIDENT_COMMANDER))
    page.goto(f"{server.url}/incidents/{run.incident.code}/?whole=1")
    expect(page.locator("body")).to_contain_text(CANARY)
    page.goto(f"{server.url}/account/sessions/")
    expect(page.locator("#offline-chip")).to_have_attribute("data-state", "none")
    context.close()

    found = [
        file.relative_to(tmp_path).as_posix()
        for file in tmp_path.rglob("*")
        if file.is_file() and CANARY.encode() in file.read_bytes()
    ]
    assert found == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_another_person_on_the_same_device_reads_nothing_and_no_key_lies_there(browser, server):
    run = make_run(PLAN, title=f"Tills of {CANARY}")
    with device(browser, server, make_user(Role.INCIDENT_COMMANDER)) as page:
        make_ready(page, server)
        page.route("**/offline/operations/", lambda route: route.abort())
        open_run(page, run)
        press(page, run, "Lock the door")
        wait_for_unsent(page, 1)
        kept = page.evaluate(KEPT_TYPES)
        assert "ArrayBuffer" in kept
        assert "CryptoKey" not in kept

        sign_in(page, server, make_user(Role.AUDITOR))
        page.goto(f"{server.url}/offline/")
        expect(page.locator("#unlock")).to_be_visible()
        expect(page.locator("#link")).to_have_text("somebody else is signed in: nothing is sent")
        enter(page, "the passphrase of somebody else")
        expect(page.locator(".offline-problem")).to_contain_text("Tries left")
        assert CANARY not in page.content()
        wait_for_unsent(page, 1)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_device_of_somebody_who_lost_their_access_empties_itself(browser, server):
    budi = make_user(Role.INCIDENT_COMMANDER)
    run = make_run(PLAN, title=f"Tills of {CANARY}")
    with device(browser, server, budi) as page:
        make_ready(page, server)
        open_run(page, run)
        budi.is_active = False
        budi.save()
        replay(page)
        expect(page.locator("#link")).to_have_text(
            "this device was reported lost", timeout=PATIENCE
        )
        expect(page.locator("#begin")).to_be_visible()
        assert CANARY not in page.content()
        kept = page.evaluate("indexedDB.databases().then(all => all.map(one => one.name))")
        # Asking how it stands opens an empty one again: nothing of the old one is in it.
        assert "siaga-offline" not in kept or page.evaluate(KEPT_TYPES) == ["Array"]
