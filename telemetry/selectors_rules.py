"""Read models of the rules: what each asks, where it is on, and who changed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Sector, Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.models import AuditRow
from telemetry.detection.catalogue import CATALOGUE, OF_SIGNAL, RuleSpec
from telemetry.detection.tuning import Numbers, Tuning, profiles, read_tuning, resolve
from telemetry.models import RuleSetting, Signal

ABOUT: Mapping[str, str | Promise] = {
    "health": gettext_lazy(
        "Only through the tunnel, young signatures, encrypted disks and databases; a missing"
        " device is told after one working hour."
    ),
    "education": gettext_lazy(
        "Long offline hours are normal and data come from a master source, so a few mismatches"
        " are enough to suspect a place."
    ),
    "retail": gettext_lazy(
        "A daily encrypted backup on external media, stock promised only once, and shops that"
        " work seven days a week."
    ),
    "banking": gettext_lazy(
        "Everything is encrypted and locks itself soon, clocks agree to seconds, and half of an"
        " RPO is early enough to warn."
    ),
    "logistics": gettext_lazy(
        "Vehicles leave the net for hours; what counts is that their data come home before they"
        " expire."
    ),
    "ticketing": gettext_lazy(
        "Quotas may never add up to more than the seats, and a slow gate is a queue in the street."
    ),
}


@dataclass(frozen=True)
class RuleLine:
    """One rule of the list."""

    spec: RuleSpec
    numbers: list[tuple[str, str]]
    is_on: bool
    sectors: list[str]
    own_sites: int
    open_signals: int


@dataclass(frozen=True)
class PlaceLine:
    """What holds for a rule at one place; `changed` are the numbers that are its own."""

    label: str
    sector: str
    site: str
    is_on: bool
    numbers: list[tuple[str, str, bool]]
    is_set: bool


@dataclass(frozen=True)
class Change:
    """One change of a rule."""

    at: datetime
    actor: str
    place: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True)
class RulePage:
    """Everything about one rule."""

    spec: RuleSpec
    places: list[PlaceLine]
    history: list[Change]


def rule_lines(user: User) -> list[RuleLine]:
    """All rules, in three queries."""
    tuning = read_tuning()
    own = dict(
        RuleSetting.objects.visible_to(user)
        .exclude(site=None)
        .values("rule")
        .annotate(count=Count("pk"))
        .values_list("rule", "count")
    )
    opened: dict[str, int] = {}
    signals = Signal.objects.visible_to(user).open().filter(is_exercise=False)
    for rule, count in signals.values("rule").annotate(n=Count("pk")).values_list("rule", "n"):
        if rule in OF_SIGNAL:
            code = OF_SIGNAL[rule].code
            opened[code] = opened.get(code, 0) + count
    return [
        RuleLine(
            spec,
            numbers_of(spec, tuning.of(spec.code)),
            tuning.of(spec.code).is_on,
            _differing(spec, tuning),
            own.get(spec.code, 0),
            opened.get(spec.code, 0),
        )
        for spec in CATALOGUE
    ]


def numbers_of(spec: RuleSpec, numbers: Numbers) -> list[tuple[str, str]]:
    """The numbers of a rule with their labels, as people read them."""
    return [(str(one.label), f"{numbers[one.name]:g} {one.unit}".strip()) for one in spec.limits]


def _differing(spec: RuleSpec, tuning: Tuning) -> list[str]:
    everywhere = tuning.of(spec.code)
    return [
        str(Sector(sector).label)
        for sector in Sector.values
        if not spec.is_fleet_wide and tuning.of(spec.code, 0, sector) != everywhere
    ]


def rule_page(spec: RuleSpec, user: User) -> RulePage:
    """One rule with every place that has numbers of its own, and its history."""
    tuning = read_tuning()
    settings = {
        (row.sector, row.site_id): row
        for row in RuleSetting.objects.visible_to(user)
        .filter(rule=spec.code)
        .select_related("site")
    }
    everywhere = tuning.of(spec.code)
    places = [_place(spec, _("Everywhere"), everywhere, everywhere, set_=("", None) in settings)]
    if not spec.is_fleet_wide:
        places += [
            _place(
                spec,
                str(Sector(sector).label),
                tuning.of(spec.code, 0, sector),
                everywhere,
                sector=sector,
                set_=(sector, None) in settings or spec.code in profiles().get(sector, {}),
            )
            for sector in Sector.values
        ]
    for row in settings.values():
        if row.site is not None:
            numbers = tuning.of(spec.code, row.site.pk, row.site.sector)
            wider = tuning.of(spec.code, 0, row.site.sector)
            places.append(
                _place(spec, str(row.site), numbers, wider, site=row.site.code, set_=True)
            )
    return RulePage(spec, places, _history(list(settings.values())))


def _place(
    spec: RuleSpec,
    label: str,
    numbers: Numbers,
    wider: Numbers,
    *,
    sector: str = "",
    site: str = "",
    set_: bool,
) -> PlaceLine:
    shown = numbers_of(spec, numbers)
    own = [numbers[limit.name] != wider[limit.name] for limit in spec.limits]
    return PlaceLine(
        label,
        sector,
        site,
        numbers.is_on,
        [(*pair, is_own) for pair, is_own in zip(shown, own, strict=True)],
        set_,
    )


def _history(rows: list[RuleSetting]) -> list[Change]:
    names = {
        str(row.pk): str(row.site or row.get_sector_display() or _("Everywhere")) for row in rows
    }
    trail = AuditRow.objects.filter(object_kind="telemetry.rulesetting", object_id__in=names)
    return [
        Change(
            one.at,
            one.actor_name,
            names[one.object_id],
            _told(one.before),
            _told(one.after),
            one.reason,
        )
        for one in trail.order_by("-seq")[:100]
    ]


def _told(said: Mapping[str, object]) -> str:
    words = [
        f"{name.removeprefix('limit ')} {value:g}"
        for name, value in said.items()
        if name.startswith("limit ") and isinstance(value, int | float)
    ]
    switch = said.get("is_on")
    if switch is not None:
        words.insert(0, _("on") if switch else _("off"))
    return ", ".join(words) or "–"


def wider_numbers(spec: RuleSpec, *, sector: str, site: Site | None) -> Numbers:
    """What holds at a place as long as it says nothing itself."""
    rows = RuleSetting.objects.filter(rule=spec.code)
    rows = rows.exclude(site=site) if site else rows.exclude(sector=sector, site=None)
    from_rows = rows.values_list("rule", "sector", "site_id", "site__sector", "is_on", "limits")
    tuning = resolve(from_rows)
    return tuning.of(spec.code, 0, site.sector if site else sector)
