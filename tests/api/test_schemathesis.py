"""Whatever is sent to the API, well-formed or not: it answers, never with a fault of its own."""

import json

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from bcp_portal.accounts.roles import Role
from tests.access.world import make_half
from tests.make import make_user

pytestmark = pytest.mark.django_db

EXAMPLES = 5
quickly = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
SCHEMA = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
OPERATIONS: dict[str, list] = {}
for found in SCHEMA.get_all_operations():
    OPERATIONS.setdefault(found.ok().path.split("/")[3], []).append(found.ok())


@pytest.mark.parametrize("collection", sorted(OPERATIONS))
def test_no_input_makes_the_api_stumble(collection, client):
    make_half("live")
    client.force_login(make_user(*Role, username="everything"))
    listed = client.get(f"/api/v1/{collection}/")
    # Not everything under the API is a list of things.
    results = listed.json().get("results", []) if listed.status_code == 200 else []

    for operation in OPERATIONS[collection]:
        send_anything(client, operation, results[0] if results else {})


def send_anything(client, operation, row):
    """Send sound and unsound requests, most of them about a thing that exists."""
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @quickly
    @given(case=cases, is_real=st.sampled_from([True, True, False]))
    def attempt(case, is_real):
        names = case.path_parameters or {}
        path = operation.path.format(
            **{name: row.get(name, value) if is_real else value for name, value in names.items()}
        )
        answer = client.generic(
            case.method.upper(),
            path,
            data=body_of(case),
            content_type="application/json",
            query_params=plain(case.query or {}),
        )
        assert answer.status_code < 500, answer.content

    attempt()


def body_of(case) -> bytes:
    if isinstance(case.body, NotSet):
        return b""
    return case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()


def plain(query) -> dict[str, str]:
    # Lone halves of characters cannot be sent over any wire.
    return {
        name.encode(errors="replace").decode(): str(value).encode(errors="replace").decode()
        for name, value in query.items()
    }


def test_every_operation_is_tried():
    assert sum(len(operations) for operations in OPERATIONS.values()) > 80
