"""The description of the API: valid, complete, and a page that people can read."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import Role
from bcp_portal.api import router
from bcp_portal.dashboard.api_docs import read_collections
from tests.make import make_user


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def operations():
    return [item for part in read_collections("en") for item in part.operations]


def test_the_schema_is_valid_openapi_3_1(schema):
    validate_schema(schema)

    assert schema["openapi"].startswith("3.1")


def test_every_collection_of_the_router_is_in_the_schema(schema):
    described = {path.split("/")[3] for path in schema["paths"] if path.startswith("/api/v1/")}

    assert described == {prefix for prefix, _viewset, _basename in router.registry}


def test_every_operation_says_what_it_means(operations):
    silent = [f"{item.method} {item.path}" for item in operations if not item.says]

    assert silent == []


def test_every_operation_names_its_permission(operations):
    locked = {rule.permission for rule in POLICY.rules}
    unknown = [f"{item.method} {item.path}" for item in operations if not item.permission]

    assert unknown == []
    assert {item.permission for item in operations} <= locked


def test_changing_is_a_post_and_nothing_else(operations):
    assert {item.method for item in operations} == {"GET", "POST"}


@pytest.mark.django_db
def test_the_page_about_the_api_shows_each_address_without_scripts(client, operations):
    client.force_login(make_user(Role.VIEWER))

    text = client.get("/api/docs/").content.decode()

    missing = [item.path for item in operations if f"<code>{item.path}</code>" not in text]
    assert missing == []
    assert "incidents.run_incident" in text


@pytest.mark.django_db
def test_a_stranger_reads_nothing_about_the_api(client):
    assert client.get("/api/docs/").status_code == 302
    assert client.get("/api/schema/").status_code in (302, 401, 403)


@pytest.mark.django_db
def test_the_schema_is_served_to_people_who_are_signed_in(client):
    client.force_login(make_user(Role.VIEWER))

    answer = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})

    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Siaga"
