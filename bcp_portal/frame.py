"""What surrounds every page: the rail by job, and what the rooms report into the top bar."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bcp_portal.accounts.policy import POLICY
from bcp_portal.nav import NAV, Entry
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN
from bcp_portal.shared.templatetags._spans import units

THEMES = ("light", "dark")
# Rooms import this page before models can be; so this one is named and not imported.
MUST_ENROL = "bcp_portal.accounts.selectors.second_factor.must_enrol"
BANNER_ORDER = ("restored", "blind", "late", "offline", "exercise")


@dataclass(frozen=True)
class IncidentChip:
    """An open incident as the top bar shows it on every page."""

    code: str
    title: str
    url: str
    severity: int | str
    deadline: datetime | None = None
    exercise: bool = False
    mark: str = ""


@dataclass(frozen=True)
class Banner:
    """One line above every page; `kind` is one of BANNER_ORDER."""

    kind: str
    text: str | Promise
    url: str = ""


@dataclass(frozen=True)
class FrameTask:
    """Something that waits for this very person: a signature, a step, a review."""

    label: str | Promise
    url: str
    kind: str = "task"
    due_at: datetime | None = None


@dataclass(frozen=True)
class NavLink:
    """An entry of the rail that this person may follow."""

    label: str | Promise
    url: str
    icon: str
    name: str
    current: bool = False
    count: int | str = ""


@dataclass(frozen=True)
class NavSection:
    """The entries of one job."""

    key: str
    label: str | Promise
    links: tuple[NavLink, ...]


Source = Callable[[HttpRequest], Any]
_sources: dict[str, list[Source]] = {}


def register_frame_source(name: str, source: Source) -> None:
    """Let a room report into the frame; called once, from its AppConfig.ready()."""
    known = _sources.setdefault(name, [])
    if source not in known:
        known.append(source)


def sources_of(name: str) -> list[Source]:
    """Who reports under this name."""
    return _sources.get(name, [])


class Frame:
    """The frame of one request; nothing is asked for until a template shows it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.now = timezone.now()

    @property
    def signed_in(self) -> bool:
        """Whether there is a person to show a rail to."""
        user = getattr(self.request, "user", None)
        return bool(user and user.is_authenticated) and not self.must_enrol and not self.is_locked

    @property
    def is_locked(self) -> bool:
        """Whether the desk was left and its person has yet to prove that they are back."""
        return bool(getattr(self.request, "desk_is_locked", False))

    @property
    def lock_after(self) -> int:
        """Seconds without a touch after which pages are covered; 0 for never."""
        return int(settings.LOCK_AFTER.total_seconds())

    @cached_property
    def must_enrol(self) -> bool:
        """Whether this person sees nothing yet but how to set up two-step sign-in."""
        return bool(import_string(MUST_ENROL)(getattr(self.request, "user", None)))

    @property
    def single_sign_on(self) -> str:
        """What the button of single sign-on says; empty where there is none."""
        if not settings.OIDC_ISSUER:
            return ""
        return _("Sign in with %s") % (settings.OIDC_NAME or _("single sign-on"))

    @property
    def theme(self) -> str:
        """The theme this person chose; empty if the device decides."""
        chosen = self.request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else ""

    @property
    def narrow(self) -> bool:
        """Whether the rail was folded."""
        return self.request.COOKIES.get("rail") == "narrow"

    @property
    def wall(self) -> bool:
        """Whether the page is on a wall screen, without rail and top bar."""
        return self.request.GET.get("wall") == "1"

    @property
    def zone(self) -> str:
        """The zone in which this person reads times."""
        return timezone.get_current_timezone_name()

    @cached_property
    def open_incidents(self) -> list[IncidentChip]:
        """Open incidents that this person may see, most urgent first."""
        return list(self._gather("open_incidents"))

    @cached_property
    def banners(self) -> list[Banner]:
        """At most one line of each kind, gravest first."""
        first: dict[str, Banner] = {}
        for banner in self._gather("banners"):
            first.setdefault(banner.kind, banner)
        return [first[kind] for kind in BANNER_ORDER if kind in first]

    @cached_property
    def tasks(self) -> list[FrameTask]:
        """What waits for this person, earliest first."""
        distant = self.now.replace(year=9999)
        return sorted(self._gather("tasks"), key=lambda task: task.due_at or distant)

    @cached_property
    def counts(self) -> dict[str, int | str]:
        """Small numbers beside entries of the rail, by URL name."""
        found: dict[str, int | str] = {}
        if self.signed_in:
            for source in sources_of("counts"):
                found.update(source(self.request))
        return found

    @cached_property
    def nav(self) -> tuple[NavSection, ...]:
        """The rail: only rooms that exist and that this person may enter."""
        if not self.signed_in:
            return ()
        user = self.request.user
        rooms = tuple(e.url_name for section in NAV for e in section.entries if is_there(e))
        open_to = frozenset(name for name in rooms if url_of(name) and may_open(user, name))
        return _sections(open_to, self._here, tuple(sorted(self.counts.items())))

    @property
    def rail(self) -> SafeString:
        """The rail as HTML; drawn once for everybody who sees the same rooms and numbers."""
        return _rail(get_language() or "en", self.nav, self.narrow)

    @cached_property
    def phone_links(self) -> list[NavLink]:
        """The first rooms of the rail, for the bar under a thumb."""
        return [link for section in self.nav for link in section.links][:4]

    @cached_property
    def person_links(self) -> list[NavLink]:
        """A person's own pages: how they sign in, where they are signed in."""
        rooms = (
            (_("My profile"), "accounts:profile", "user-circle"),
            (_("My inbox"), "incidents:inbox", "inbox"),
            (_("Two-step sign-in and passkeys"), "mfa_index", "shield-lock"),
            (_("Password"), "account_change_password", "password"),
            (_("Where I am signed in"), "usersessions_list", "device-laptop"),
        )
        return [
            NavLink(label, url_of(name), icon, name) for label, name, icon in rooms if url_of(name)
        ]

    @property
    def part_url(self) -> str:
        """Where the live parts of the frame are fetched."""
        return url_of("dashboard:frame")

    @property
    def palette_url(self) -> str:
        """Where the command palette asks."""
        return url_of("dashboard:palette")

    @property
    def incidents_url(self) -> str:
        """Where all open incidents are listed."""
        return url_of("incidents:list")

    @property
    def inbox_url(self) -> str:
        """Where a person's own calls and notices are."""
        return url_of("incidents:inbox")

    @property
    def language_url(self) -> str:
        """Where the language is chosen."""
        return url_of("set_language")

    @property
    def version(self) -> str:
        """The version that runs, as the changelog names it."""
        return _version(str(settings.BASE_DIR))

    @property
    def words(self) -> str:
        """The words that scripts need, in the reader's language, as JSON."""
        return _words(get_language() or "en")

    def _gather(self, name: str) -> Iterator[Any]:
        if self.signed_in:
            for source in sources_of(name):
                yield from source(self.request)

    @cached_property
    def _here(self) -> str:
        """The address of the entry that the present page belongs to: the longest that fits."""
        path = self.request.path
        urls = (url_of(entry.url_name) for section in NAV for entry in section.entries)
        fits = [url for url in urls if url and (path == url or (url != "/" and _under(path, url)))]
        return max(fits, key=len, default="")


def _under(path: str, url: str) -> bool:
    return path.startswith(url if url.endswith("/") else f"{url}/")


def is_there(entry: Entry) -> bool:
    """Whether what an entry is about exists here; most rooms always do."""
    return not entry.only_with or (settings.DATA_DIR / entry.only_with).is_dir()


def may_open(user: Any, route: str) -> bool:
    """Whether the policy table lets this person read what lies behind a route."""
    rule = POLICY.find(route, "GET")
    if rule is None:
        return False
    return rule.permission in (PUBLIC, SIGNED_IN) or bool(user.has_perm(rule.permission))


def url_of(name: str) -> str:
    """The address of a room, or nothing if it has not been built."""
    return _url(name, settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=512)
def _url(name: str, urlconf: str, _prefix: str) -> str:
    try:
        return reverse(name, urlconf=urlconf)
    except NoReverseMatch:
        return ""


@lru_cache(maxsize=256)
def _sections(
    open_to: frozenset[str], here: str, counts: tuple[tuple[str, int | str], ...]
) -> tuple[NavSection, ...]:
    numbers = dict(counts)
    found = []
    for section in NAV:
        links = tuple(
            NavLink(
                label=entry.label,
                url=url_of(entry.url_name),
                icon=entry.icon,
                name=entry.url_name,
                current=url_of(entry.url_name) == here,
                count=numbers.get(entry.url_name, ""),
            )
            for entry in section.entries
            if entry.url_name in open_to
        )
        if links:
            found.append(NavSection(section.key, section.label, links))
    return tuple(found)


@lru_cache(maxsize=256)
def _rail(_language: str, nav: tuple[NavSection, ...], narrow: bool) -> SafeString:
    return render_to_string("_frame/rail.html", {"nav": nav, "narrow": narrow})


@lru_cache(maxsize=8)
def _words(_language: str) -> str:
    words = units() | {
        "over": _("over"),
        "live": _("live"),
        "old": _("%s old"),
        "lost": _("no connection: showing %s"),
        "connecting": _("connecting"),
        "cancel": _("Cancel"),
        "confirm": _("Do it"),
        "sure": _("Are you sure?"),
        "draft": _("What you had typed was kept and is back."),
        "discard": _("Discard it"),
        "copied": _("Copied"),
        "keys": _("Keys on this page"),
        "close": _("Close"),
        "nothing": _("Nothing found"),
        "failed": _("The server did not answer. What is shown may be old."),
    }
    return json.dumps(words)


@lru_cache(maxsize=1)
def _version(base: str) -> str:
    changelog = Path(base) / "CHANGELOG.md"
    text = changelog.read_text() if changelog.exists() else ""
    found = re.search(r"^## \[?v?(\d[\w.]*)", text, re.MULTILINE)
    return found[1] if found else ""


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Give every template its frame (a context processor)."""
    found: Frame | None = getattr(request, "frame", None)
    if found is None:
        found = Frame(request)
        request.frame = found  # type: ignore[attr-defined]  # one frame for all templates of a request
    return {"frame": found}
