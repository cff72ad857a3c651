"""A list of people, as a page would describe it, and ways to ask it."""

from datetime import UTC, datetime
from io import BytesIO

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.messages.storage.base import BaseStorage, Message
from django.http import HttpResponse, QueryDict
from django.test import RequestFactory
from openpyxl import load_workbook

from bcp_portal.shared import lists
from bcp_portal.shared.errors import DomainError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
User = get_user_model()


class Reader:
    """Somebody who asks: holds exactly the permissions given."""

    is_authenticated = True

    def __init__(self, *perms: str) -> None:
        self.perms = set(perms)

    def has_perm(self, perm: str) -> bool:
        return perm in self.perms


class Said(BaseStorage):
    """Messages, kept where the test can read them."""

    def _get(self, *args, **kwargs):
        return [], True

    def _store(self, messages: list[Message], response, *args, **kwargs):
        return []

    @property
    def texts(self) -> list[str]:
        return [str(message) for message in self._queued_messages]


def rename(*, person, email, actor, at) -> None:
    if email.startswith("bad"):
        raise DomainError("That address is not ours.")
    person.email = email
    person.save(update_fields=["email"])


def switch_off(*, person, actor, at, reason="") -> None:
    if person.username == "root":
        raise DomainError("Root stays.")
    person.is_active = False
    person.save(update_fields=["is_active"])


class ReasonForm(forms.Form):
    reason = forms.CharField()


INLINE = lists.Inline(
    field=forms.CharField(max_length=80), perm="p.edit", save=rename, row="person", argument="email"
)
COLUMNS = (
    lists.code("username", "Name", url="person"),
    lists.text("email", "Mail", sort=True, edit=INLINE),
    lists.when("date_joined", "Joined", sort=True),
    lists.when("last_login", "Seen", sort=True),
    lists.bool_("is_active", "Active", sort=True),
    lists.number("pk", "Number", shown=False),
    lists.text("password", "Secret", perm="p.secret", sort=True),
)
FILTERS = (
    lists.choice("active", "State", field="is_active", choices=[(True, "On"), (False, "Off")]),
    lists.yes_no("staff", "Staff", field="is_staff"),
    lists.dates("date_joined", "Joined"),
    lists.numbers("pk", "Number"),
)


def make_spec(**changes) -> lists.ListSpec:
    usual = {
        "name": "tests.people",
        "title": "People",
        "columns": COLUMNS,
        "filters": FILTERS,
        "search": ("username", "email"),
        "default_sort": "username",
        "bulk": (
            lists.BulkAction("off", "Switch off", "p.edit", switch_off, "person"),
            lists.BulkAction("why", "Off with reason", "p.edit", switch_off, "person", ReasonForm),
        ),
        "bulk_url": "people_bulk",
        "edit_url": "people_edit",
    }
    return lists.ListSpec(**(usual | changes))


def make_person(name: str, **fields):
    fields.setdefault("date_joined", NOON)
    fields.setdefault("email", f"{name}@example.org")
    return User.objects.create(username=name, **fields)


def ask(query: str = "", *, user=None, spec=None, rows=None) -> HttpResponse:
    request = RequestFactory().get("/people/" + query)
    request.user = user or Reader()
    found = rows if rows is not None else User.objects.all()
    return lists.list_response(
        request, spec or make_spec(), found, at=NOON, template="components/list.html"
    )


def page(query: str = "", **given) -> str:
    return ask(query, **given).content.decode()


def names(query: str = "", **given) -> list[str]:
    """The names on the page, in order."""
    rows = page(query, **given).split("<tbody>")[-1].split("</tbody>")[0]
    return [part.split("<")[0] for part in rows.split('/">')[1:]] if "<tr" in rows else []


def body(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content)


def csv_lines(query: str, **given) -> list[str]:
    return body(ask(query, **given)).decode("utf-8-sig").splitlines()


def xlsx_rows(query: str, **given) -> list[tuple]:
    book = load_workbook(BytesIO(body(ask(query, **given))))
    return list(book.active.iter_rows(values_only=True))


def tell(values: dict, *, user=None, spec=None, rows=None):
    """Send the bulk form; return the response and what was said."""
    request = RequestFactory().post("/people/bulk/")
    post = QueryDict(mutable=True)
    for name, value in values.items():
        post.setlist(name, value if isinstance(value, list) else [str(value)])
    request.POST = post
    request.user = user or Reader("p.edit")
    request._messages = Said(request)
    found = rows if rows is not None else User.objects.all()
    response = lists.bulk_response(request, spec or make_spec(), found, at=NOON)
    return response, request._messages.texts


def edit(row, column: str, *, post=None, query: str = "", user=None, rows=None) -> HttpResponse:
    factory = RequestFactory()
    url = f"/people/{row.pk}/edit/{column}/{query}"
    request = factory.post(url, post) if post is not None else factory.get(url)
    request.user = user or Reader("p.edit")
    found = rows if rows is not None else User.objects.all()
    return lists.inline_response(request, make_spec(), found, pk=row.pk, column=column, at=NOON)
