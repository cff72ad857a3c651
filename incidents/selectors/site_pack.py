"""What a site needs on the day without a link: plan, people and steps, in both languages."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q
from django.utils.translation import get_language, override

from assets.models import Asset, FailoverPath, Site, SiteAssignment
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import format_duration
from incidents.models import EscalationPolicy, Playbook, PlaybookVersion, Rotation, VersionStatus
from incidents.packs.chapters import plans_for
from incidents.packs.words import BY_PHONE, WHEN_DARK

LANGUAGES = ("id", "en")
# A duty roster of this length is in the pack; it is made anew with each week.
ROSTER = timedelta(weeks=4)
MOST_TURNS = 12
Json = dict[str, Any]


@dataclass(frozen=True)
class Common:
    """What is the same at every site, by language: asked for once for all of them."""

    calls: dict[str, Json]
    playbooks: dict[str, list[Json]]
    dark: dict[str, list[Json]]
    by_phone: dict[str, list[str]]


def common_facts(*, at: datetime) -> Common:
    """Plans in force, calling order and fixed words; a fixed number of queries."""
    playbooks, policy = _plans(), _policy()
    calls: dict[str, Json] = {}
    plans: dict[str, list[Json]] = {}
    dark: dict[str, list[Json]] = {}
    by_phone: dict[str, list[str]] = {}
    for language in LANGUAGES:
        with override(language):
            calls[language] = _calls(policy, at=at) if policy else {}
            plans[language] = [_plan(playbook, version) for playbook, version in playbooks]
            dark[language] = [{"item": key, "text": str(text)} for key, text in WHEN_DARK]
            by_phone[language] = [str(text) for text in BY_PHONE]
    return Common(calls, plans, dark, by_phone)


def sites_for_packs(sites: Iterable[int]) -> list[Site]:
    """Sites with everything that their pack says of them; a fixed number of queries."""
    targets = (
        Asset.objects.in_use().select_related("recovery_target").order_by("criticality", "code")
    )
    ways = FailoverPath.objects.select_related("target").order_by("name")
    people = SiteAssignment.objects.filter(user__is_active=True).select_related("user")
    return list(
        Site.objects.filter(pk__in=sites)
        .select_related("region")
        .prefetch_related(
            Prefetch("assets", targets),
            "streams",
            Prefetch("failover_from", ways),
            Prefetch("assignments", people.order_by("user__last_name", "user_id")),
            Prefetch("region__assignments", people.order_by("user__last_name", "user_id")),
        )
        .order_by("code")
    )


def plans_by_language(sites: Sequence[int]) -> dict[str, dict[int, list[Json]]]:
    """The continuity plans of sites, by language and site."""
    found: dict[str, dict[int, list[Json]]] = {}
    for language in LANGUAGES:
        with override(language):
            found[language] = plans_for(sites)
    return found


def pack_facts(
    site: Site, common: Common, *, edition: str, plans: dict[str, dict[int, list[Json]]]
) -> Json:
    """Everything one site's pack says, as plain values: equal facts are the same edition."""
    said: Json = {}
    for language in LANGUAGES:
        with override(language):
            said[language] = _said(site, common, language)
            said[language]["plans"] = plans[language].get(site.pk, [])
    return {
        "edition": edition,
        "site": {
            "code": site.code,
            "name": site.name,
            "address": site.address,
            "phone": site.phone,
            "provider": site.provider,
            "time_zone": site.time_zone,
            "offline_is_normal": site.offline_is_normal,
        },
        "items": _items(said),
        "said": said,
    }


def _said(site: Site, common: Common, language: str) -> Json:
    return {
        "kind": str(site.get_kind_display()),
        "region": site.region.name,
        "criticality": str(site.get_criticality_display()),
        "people": _people(site),
        "calls": common.calls[language],
        "assets": [_asset(asset) for asset in site.assets.all()],
        "streams": [
            {"name": stream.name, "rpo": _span(stream.rpo)}
            for stream in sorted(site.streams.all(), key=lambda stream: stream.name)
        ],
        "ways": [
            {"name": way.name, "target": str(way.target), "phone": way.target.phone}
            for way in site.failover_from.all()
        ],
        "dark": common.dark[language],
        "by_phone": common.by_phone[language],
        "playbooks": common.playbooks[language],
    }


def _items(said: Json) -> Json:
    lines: Json = {}
    for language in LANGUAGES:
        for item, text in _lines(said[language]):
            lines.setdefault(item, {})[language] = text
    return lines


def _lines(said: Json) -> Iterator[tuple[str, str]]:
    for line in said["dark"]:
        yield line["item"], line["text"]
    for plan in said["playbooks"]:
        for phase in plan["phases"]:
            for step in phase["steps"]:
                yield step["item"], f"{plan['title']}: {step['text']}"


# -- the parts


def _people(site: Site) -> list[Json]:
    found: dict[int, User] = {}
    for given in (*site.assignments.all(), *site.region.assignments.all()):
        found.setdefault(given.user_id, given.user)
    return [_person(user) for user in found.values()]


def _person(user: User) -> Json:
    return {"name": user.name, "phone": user.phone, "mail": user.email}


def _asset(asset: Asset) -> Json:
    target = getattr(asset, "recovery_target", None)
    return {
        "code": asset.code,
        "name": asset.name,
        "rto": _span(target.rto if target else None),
        "rpo": _span(target.rpo if target else None),
        "mtpd": _span(target.mtpd if target else None),
        "mbco": target.mbco if target else "",
        "if_it_fails": asset.if_it_fails,
    }


def _span(span: timedelta | None) -> str:
    return "" if span is None else format_duration(span)


def _policy() -> EscalationPolicy | None:
    policies = EscalationPolicy.objects.for_detail().filter(retired_at=None)
    return policies.order_by("-is_default", "name").first()


def _calls(policy: EscalationPolicy, *, at: datetime) -> Json:
    waited = timedelta()
    levels: list[Json] = []
    for level in sorted(policy.levels.all(), key=lambda level: level.position):
        lines = [_callee(target, at=at) for target in level.targets.all()]
        levels.append({"after": format_duration(waited), "lines": lines})
        waited += level.delay
    return {"policy": policy.name, "levels": levels, "fallback": _person(policy.fallback)}


def _callee(target: Any, *, at: datetime) -> Json:
    if target.user:
        return {"duty": "", "people": [_person(target.user)], "turns": []}
    if target.rotation:
        return {"duty": target.rotation.name, "people": [], "turns": _turns(target.rotation, at=at)}
    return {"duty": str(target.get_role_display()), "people": [], "turns": []}


def _turns(rotation: Rotation, *, at: datetime) -> list[Json]:
    """The roster of the next weeks, counted from Monday: it changes once a week, not each hour."""
    monday = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=at.weekday())
    near = [
        shift
        for shift in rotation.shifts.all()
        if shift.ends_at > monday and shift.starts_at < monday + ROSTER
    ]
    near.sort(key=lambda shift: (shift.starts_at, not shift.is_override, shift.pk))
    zone = ZoneInfo(rotation.time_zone)
    return [
        {
            "from": f"{shift.starts_at.astimezone(zone):%d/%m %H:%M}",
            "until": f"{shift.ends_at.astimezone(zone):%d/%m %H:%M}",
            **_person(shift.user),
        }
        for shift in near[:MOST_TURNS]
    ]


def _plans() -> list[tuple[Playbook, PlaybookVersion]]:
    rows = Playbook.objects.filter(
        Q(retired_at=None), versions__status=VersionStatus.PUBLISHED
    ).prefetch_related("versions__phases__steps")
    found = [(row, row.published_version) for row in rows.order_by("code")]
    return [(row, version) for row, version in found if version is not None]


def _plan(playbook: Playbook, version: PlaybookVersion) -> Json:
    phases = sorted(version.phases.all(), key=lambda phase: phase.position)
    return {
        "code": version.code,
        "title": playbook.said("title"),
        "scenario": playbook.said("scenario"),
        "rto": _span(playbook.rto),
        "phases": [
            {
                "name": phase.said("name"),
                "steps": [
                    _step(f"{version.pk}.{phase.position}.{step.position}", step)
                    for step in sorted(phase.steps.all(), key=lambda step: step.position)
                ],
            }
            for phase in phases
        ],
    }


def _step(item: str, step: Any) -> Json:
    return {
        "item": item,
        "text": step.said("text"),
        "instructions": step.said("instructions"),
        "role": str(step.get_role_display()) if step.role else "",
        "due": _span(step.due_within),
        "evidence": step.said("evidence"),
        "authority": step.authority,
        "two": step.needs_second_person,
        "choices": _choices(step),
    }


def _choices(step: Any) -> list[str]:
    language = get_language() or "en"
    return [
        str(option["text"].get(language) or option["text"].get("en") or option["key"])
        if isinstance(option, dict) and "text" in option
        else str(option["key"] if isinstance(option, dict) else option)
        for option in (step.options if step.is_decision else ())
    ]
