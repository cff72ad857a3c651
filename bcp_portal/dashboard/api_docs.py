"""The page about the API: every door of it, read from the schema and the policy table."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import Resolver404, resolve
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import PERMISSION_ROLES, Role
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

Json = Mapping[str, Any]
PREFIX = "/api/v1/"
# Some value that every kind of key in an address accepts.
_SAMPLES = ("1", "00000000-0000-4000-8000-000000000000")


@dataclass(frozen=True)
class Field:
    """One thing that may be said: in the address, in the query, or in the body."""

    name: str
    place: str
    type: str
    is_required: bool
    note: str


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    says: str
    permission: str
    roles: tuple[str, ...]
    is_for_two: bool
    fields: tuple[Field, ...]
    answers: str


@dataclass(frozen=True)
class Collection:
    """All operations on one kind of thing."""

    name: str
    operations: tuple[Operation, ...]


@require_safe
@needs("*")
def api_docs(request: SignedInRequest) -> HttpResponse:
    """The description of the API for people; `/api/schema/` is the same for programs."""
    collections = read_collections(get_language() or "en")
    context = {"collections": collections, "base": request.build_absolute_uri(PREFIX)}
    return render_page(request, "dashboard/api_docs.html", context)


@functools.cache
def read_collections(language: str) -> tuple[Collection, ...]:
    """Read the schema once for each language: it changes with the code alone."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # spectacular ships no types here
    schema: Json = generator.get_schema(  # type: ignore[no-untyped-call]  # likewise
        request=None, public=True
    )
    found: dict[str, list[Operation]] = {}
    for path, methods in sorted(schema["paths"].items()):
        if not path.startswith(PREFIX):
            continue
        for method, facts in methods.items():
            name = path.removeprefix(PREFIX).partition("/")[0]
            found.setdefault(name, []).append(_operation(path, method.upper(), facts, schema))
    return tuple(Collection(name, tuple(found[name])) for name in sorted(found))


def _operation(path: str, method: str, facts: Json, schema: Json) -> Operation:
    rule = POLICY.find(_route(path), method)
    permission = rule.permission if rule else ""
    holders = PERMISSION_ROLES.get(permission, frozenset())
    return Operation(
        method=method,
        path=path,
        says=facts.get("summary") or facts.get("description", ""),
        permission=permission,
        roles=tuple(str(role.label) for role in Role if role in holders),
        is_for_two=bool(rule and rule.duty == "two"),
        fields=(*_parameters(facts), *_body(facts, schema)),
        answers=", ".join(sorted(facts.get("responses", {}))),
    )


def _route(path: str) -> str:
    """The name of the door behind a path of the schema."""
    for sample in _SAMPLES:
        try:
            return resolve("".join(_filled(path, sample))).view_name
        except Resolver404:
            continue
    return ""


def _filled(path: str, sample: str) -> Iterable[str]:
    for part in path.split("{"):
        _name, brace, rest = part.rpartition("}")
        yield f"{sample}{rest}" if brace else part


def _parameters(facts: Json) -> Iterable[Field]:
    for item in facts.get("parameters", ()):
        yield Field(
            name=item["name"],
            place=item["in"],
            type=_type(item.get("schema", {})),
            is_required=item.get("required", False),
            note=_note(item.get("schema", {})),
        )


def _body(facts: Json, schema: Json) -> Iterable[Field]:
    content = facts.get("requestBody", {}).get("content", {})
    body = _follow(content.get("application/json", {}).get("schema", {}), schema)
    required = body.get("required", ())
    for name, about in body.get("properties", {}).items():
        meant = _follow(about, schema)
        yield Field(name, "body", _type(meant), name in required, _note(meant))


def _follow(about: Json, schema: Json) -> Json:
    """Follow a reference to the named part of the schema."""
    inner = about.get("allOf") or about.get("oneOf")
    if inner:
        about = inner[0]
    name = about.get("$ref", "").rpartition("/")[2]
    return schema["components"]["schemas"].get(name, {}) if name else about


def _type(about: Json) -> str:
    kind = about.get("type", "")
    if isinstance(kind, list):
        kind = " | ".join(str(word) for word in kind if word != "null")
    if kind == "array":
        return f"[{_type(about.get('items', {}))}]"
    return str(about.get("format") or kind or "any")


def _note(about: Json) -> str:
    words = [str(word) for word in about.get("enum", ()) if word not in (None, "")]
    if words:
        return " · ".join(words)
    limits = [
        f"{sign} {about[name]}"
        for name, sign in (("minimum", "≥"), ("maximum", "≤"), ("maxLength", "≤"))
        if name in about
    ]
    return " ".join(limits)
