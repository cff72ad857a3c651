"""Any JSON webhook, read with a mapping that names where each fact lies.

A path is names and positions joined by dots: `alert.labels.site`, `checks.0.name`. The mapping
knows `items` (the list, when one delivery tells several things), `key`, `title`, `status`,
`severity`, `site`, `started_at`, `link`, and `resolved_values`, the words that mean "over".
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from telemetry.adapters.external import (
    MAX_ALERTS,
    ExternalAlert,
    moment_of,
    plain,
    refuse,
    severity_of,
    too_many,
)

FIELDS = (
    "items", "key", "title", "status", "severity", "site", "started_at", "link",
    "resolved_values",
)  # fmt: skip
RESOLVED_VALUES = ("resolved", "ok", "up", "closed", "recovered", "normal", "inactive", "false")
_MISSING = object()


def find(content: object, path: str) -> object:
    """Follow a path; what is not there is None."""
    found = _follow(content, path)
    return None if found is _MISSING else found


def _follow(content: object, path: str) -> object:
    here = content
    for name in path.split(".") if path else ():
        if isinstance(here, Mapping) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        else:
            return _MISSING
    return here


def check_mapping(mapping: Mapping[str, Any]) -> None:
    """Refuse a mapping that could never read anything."""
    if unknown := sorted(set(mapping) - set(FIELDS)):
        raise refuse(
            _("The mapping names “%(name)s”, which is none of: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(FIELDS)}
        )
    for name in ("key", "title"):
        if not plain(mapping.get(name)):
            raise refuse(_("The mapping does not say where “%(name)s” lies.") % {"name": name})


def read_generic(content: object, mapping: Mapping[str, Any]) -> list[ExternalAlert]:
    """Translate one delivery with the source's mapping."""
    check_mapping(mapping)
    path = plain(mapping.get("items"))
    entries = find(content, path) if path else content
    if isinstance(entries, Mapping):
        entries = [entries]
    if not isinstance(entries, list):
        raise refuse(
            _("There is no list and no object at “%(path)s”.") % {"path": path or _("the top")}
        )
    if len(entries) > MAX_ALERTS:
        raise too_many(len(entries))
    read = [_entry(entry, mapping, place) for place, entry in enumerate(entries, start=1)]
    if not read:
        raise refuse(_("The list at “%(path)s” is empty.") % {"path": path})
    return read


def _entry(entry: object, mapping: Mapping[str, Any], place: int) -> ExternalAlert:
    def text(name: str) -> str:
        path = plain(mapping.get(name))
        return plain(find(entry, path)) if path else ""

    if not text("key"):
        raise refuse(
            _("Entry %(place)d has nothing at “%(path)s”, which is to be its key.")
            % {"place": place, "path": mapping["key"]}
        )
    over = {plain(word).lower() for word in mapping.get("resolved_values") or RESOLVED_VALUES}
    return ExternalAlert(
        key=text("key")[:80],
        is_firing=text("status").lower() not in over,
        title=text("title")[:200] or text("key")[:200],
        severity=severity_of(text("severity")),
        site_code=text("site")[:40],
        started_at=moment_of(text("started_at")),
        link=text("link")[:500],
    )
