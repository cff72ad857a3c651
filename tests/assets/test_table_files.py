"""Tables that a page draws by itself leave as files, like every list."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from assets.services.custom_field import add_custom_field
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from tests.make import NOON, make_site, make_user
from tests.make_objectives import make_signed, make_three

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("assets:regions", "Jawa Timur"),
        ("assets:custom_fields", "Cost centre"),
        ("assets:signatories", "Operations"),
        ("assets:my_signatures", "Process owner"),
        ("risks:sector_profiles", "Retail"),
    ],
)
def test_every_table_leaves_as_csv_and_as_a_workbook(client, name, told):
    site = make_site()
    site.region.name = "Jawa Timur"
    site.region.save()
    three = make_three()
    make_signed(three)
    facts = {"about": "asset", "key": "cost", "name": "Cost centre", "kind": "text"}
    add_custom_field(facts=facts, actor=make_user(), at=NOON)
    client.force_login(three.owner)

    page = client.get(reverse(name)).content.decode()
    lines = b"".join(client.get(reverse(name), {"export": "csv"})).decode("utf-8-sig")
    book = load_workbook(BytesIO(b"".join(client.get(reverse(name), {"export": "xlsx"}))))

    assert "export=csv" in page
    assert "export=xlsx" in page
    assert told in lines
    assert any(told in str(cell) for row in book.active.values for cell in row)
    assert AuditRow.objects.filter(action="list.export").count() == 2


@pytest.mark.parametrize("name", ["assets:custom_fields", "assets:signatories"])
def test_an_empty_table_offers_no_file(client, name):
    client.force_login(make_user(Role.AUDITOR))

    assert "export=csv" not in client.get(reverse(name)).content.decode()
