"""Sites from a spreadsheet: columns are chosen, nothing is half done, and all can be taken back."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from assets.models import Site, SiteImport
from assets.services.site import edit_site
from bcp_portal.accounts.roles import Role
from tests.make import NOON, make_region, make_site, make_user

pytestmark = pytest.mark.django_db
HEAD = "Kode,Nama,Wilayah,Zona waktu,Criticality,ISP\n"


@pytest.fixture
def person(client):
    user = make_user(Role.ADMINISTRATOR)
    client.force_login(user)
    return user


@pytest.fixture
def region():
    return make_region(code="JTM", name="Jawa Timur")


def upload(client, text, name="sites.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return client.post(reverse("assets:site_import"), {"file": SimpleUploadedFile(name, content)})


def apply(client, answer, **columns):
    context = answer.context
    told = {f"column-{n}": key for n, (_head, key) in enumerate(context["columns"])}
    return client.post(
        reverse("assets:site_import_apply"), told | {"told": context["told"]} | columns, follow=True
    )


def test_a_file_is_previewed_taken_over_and_taken_back(client, person, region):
    old = make_site(code="SBY-01", region=region, name="Old name", provider="Alpha")
    answer = upload(
        client, HEAD + "sby-01,New name,JTM,WIB,2,Alpha\nSBY-09,Ninth,jawa timur,WITA,3,Beta\n"
    )
    assert [row.state for row in answer.context["rows"]] == ["changed", "new"]
    assert Site.objects.count() == 1

    apply(client, answer)

    old.refresh_from_db()
    assert old.name == "New name"
    ninth = Site.objects.get(code="SBY-09")
    assert (ninth.time_zone, ninth.region) == ("Asia/Makassar", region)

    batch = SiteImport.objects.get()
    client.post(reverse("assets:site_import_undo", args=[batch.pk]))

    old.refresh_from_db()
    ninth.refresh_from_db()
    assert old.name == "Old name"
    assert ninth.closed_on is not None
    batch.refresh_from_db()
    assert batch.undone_by == person


def test_an_xlsx_with_headings_of_their_own_is_read_once_its_columns_are_chosen(
    client, person, region
):
    book, out = Workbook(), io.BytesIO()
    book.active.append(["Toko", "Sebutan", "Daerah"])
    book.active.append(["MLG-01", "Malang", "JTM"])
    book.save(out)
    answer = upload(client, out.getvalue(), "toko.xlsx")
    assert answer.context["rows"] == []
    chosen = {"column-0": "code", "column-1": "name", "column-2": "region"}

    again = apply(client, answer, again="1", **chosen)
    assert [row.state for row in again.context["rows"]] == ["new"]
    apply(client, again, **chosen)

    assert Site.objects.get(code="MLG-01").name == "Malang"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",Nameless,JTM,WIB,2,x", "There is no code"),
        ("A-1,One,Mars,WIB,2,x", "no region"),
        ("A-1,One,JTM,Mars/Base,2,x", "Mars/Base"),
        ("A-1,One,JTM,WIB,nine,x", "not a number"),
        ("A-1,One,JTM,WIB,9,x", "riticality"),
        ("A-1,One,,WIB,2,x", "needs a region"),
    ],
)
def test_one_wrong_row_stops_the_whole_file_with_a_sentence(client, person, region, row, why):
    answer = upload(client, HEAD + "B-1,Good,JTM,WIB,2,x\n" + row + "\n")
    if answer.context["rows"][1].errors:
        assert why in answer.content.decode()
    answer = apply(client, answer)
    assert why in answer.content.decode()
    assert not Site.objects.exists()


def test_the_same_file_again_changes_nothing(client, person, region):
    text = HEAD + "B-1,Good,JTM,WIB,2,x\n"
    apply(client, upload(client, text))
    answer = upload(client, text)
    assert [row.state for row in answer.context["rows"]] == ["unchanged"]


def test_what_was_changed_since_is_not_undone_behind_anybodys_back(client, person, region):
    apply(client, upload(client, HEAD + "B-1,Good,JTM,WIB,2,x\n"))
    site = Site.objects.get()
    edit_site(site=site, facts={"name": "Better"}, actor=person, at=NOON + timedelta(days=1))

    batch = SiteImport.objects.get()
    client.post(reverse("assets:site_import_undo", args=[batch.pk]))

    site.refresh_from_db()
    assert (site.name, site.closed_on) == ("Better", None)
    assert SiteImport.objects.get().undone_at is None
