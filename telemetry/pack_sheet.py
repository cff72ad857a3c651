"""The site's pack as a workbook: whom to call, what to do, what must be back by when."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from bcp_portal.reports.sheets import write_workbook
from telemetry.models import SitePack

Json = dict[str, Any]
Row = tuple[Any, ...]


def pack_workbook(pack: SitePack, *, language: str) -> bytes:
    """The facts of one edition in one language, a sheet for each part."""
    said = pack.facts["said"].get(language) or pack.facts["said"]["en"]
    unknown = _("unknown")
    person = (_("Who"), _("Phone"), _("Mail"))
    sheets: list[tuple[str, tuple[str, ...], Iterable[Row]]] = [
        (_("Site"), (_("What"), _("Value")), _site(pack, said)),
        (
            _("Whom to call"),
            (_("After"), _("Duty"), _("From"), _("Until"), *person),
            _calls(said["calls"]),
        ),
        (_("People"), person, [_person(one) for one in said["people"]]),
        (
            _("What to do"),
            (
                _("Playbook"), _("Phase"), _("Step"), _("Instructions"), _("Role"),
                _("Due within"), _("Evidence"),
            ),
            _steps(said),
        ),
        (
            _("Assets"),
            (_("Asset"), _("Name"), "RTO", "RPO", "MTPD", "MBCO", _("If it fails")),
            [_asset(one, unknown) for one in said["assets"]],
        ),
        (
            _("Data"),
            (_("Stream"), "RPO"),
            [(one["name"], one["rpo"] or unknown) for one in said["streams"]],
        ),
        (
            _("Plans"),
            (_("Plan"), _("Title"), _("Part"), _("Text")),
            [
                (plan["code"], plan["title"], part["heading"], part["text"])
                for plan in said["plans"]
                for part in plan["sections"]
            ],
        ),
    ]  # fmt: skip
    file = io.BytesIO()
    write_workbook(file, sheets)
    return file.getvalue()


def _site(pack: SitePack, said: Json) -> Iterator[Row]:
    site = pack.facts["site"]
    yield _("Code"), site["code"]
    yield _("Name"), site["name"]
    yield _("Region"), said["region"]
    yield _("Address"), site["address"]
    yield _("Phone"), site["phone"]
    yield _("Time zone"), site["time_zone"]
    yield _("Edition"), f"v{pack.number}"
    yield _("Made"), pack.made_at
    yield "SHA-256", pack.digest
    for way in said["ways"]:
        yield _("Where the work can go"), f"{way['name']}: {way['target']} {way['phone']}".strip()


def _calls(calls: Json) -> Iterator[Row]:
    for level in calls.get("levels", ()):
        for line in level["lines"]:
            for one in (*line["people"], *line["turns"]):
                when = (one.get("from", ""), one.get("until", ""))
                yield (level["after"], line["duty"], *when, *_person(one))
            if not line["people"] and not line["turns"]:
                yield (level["after"], line["duty"], "", "", "", "", "")
    if calls:
        yield (_("If nobody can be reached"), "", "", "", *_person(calls["fallback"]))


def _steps(said: Json) -> Iterator[Row]:
    for line in said["dark"]:
        yield (_("When it goes dark"), "", line["text"], "", "", "", "")
    for plan in said["playbooks"]:
        for phase in plan["phases"]:
            for step in phase["steps"]:
                yield (
                    f"{plan['code']} {plan['title']}", phase["name"], step["text"],
                    step["instructions"], step["role"], step["due"], step["evidence"],
                )  # fmt: skip


def _asset(asset: Json, unknown: str) -> Row:
    targets = (asset[key] or unknown for key in ("rto", "rpo", "mtpd"))
    return (asset["code"], asset["name"], *targets, asset["mbco"], asset["if_it_fails"])


def _person(person: Json) -> tuple[str, str, str]:
    return person["name"], person["phone"], person["mail"]
