"""The verb that takes a whole file of assets over, or nothing of it; and its rehearsal."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assets.custom import fields_of
from assets.imports import READERS, Draft
from assets.models import Asset, Dependency, DependencyKind, Site, ThirdParty, Unit
from assets.selectors.units import reader_of_units, unit_names
from assets.services.asset import add_asset, edit_asset
from assets.services.dependency import link_assets
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.errors import DomainError

OWNERS = ("business_owner", "technical_owner")


class FaultyRowsError(DomainError):
    """Some rows cannot be taken over; nothing was."""


@dataclass(frozen=True)
class PlannedRow:
    """What one row of the file would do."""

    draft: Draft
    asset: Asset | None
    facts: dict[str, Any]
    new_needs: list[tuple[str, str]]
    errors: list[str]

    @property
    def state(self) -> str:
        """Broken, new, changed or unchanged."""
        if self.errors:
            return "error"
        if self.asset is None:
            return "new"
        return "changed" if self.facts or self.new_needs else "unchanged"


def plan_import(drafts: Sequence[Draft], *, user: User) -> list[PlannedRow]:
    """Say what an import would do, without doing it. A fixed number of queries."""
    codes = {draft.code for draft in drafts} | {code for one in drafts for code, _k in one.needs}
    visible = {
        asset.code: asset
        for asset in Asset.objects.visible_to(user).in_use().filter(code__in=codes)
    }
    taken = set(Asset.objects.filter(code__in=codes).values_list("code", flat=True))
    readers = READERS | {field.fact: field.kept for field in fields_of("asset")}
    readers["unit"] = reader_of_units(unit_names(Unit.objects.visible_to(user)))
    readers["site"] = _finder(Site.objects.visible_to(user), _("site"))
    readers["third_party"] = _finder(ThirdParty.objects.visible_to(user), _("third party"))
    people = _people(drafts)
    known = set(
        Dependency.objects.filter(asset__code__in=codes).values_list(
            "asset__code", "depends_on__code", "kind"
        )
    )
    coming = {draft.code for draft in drafts}
    seen: set[str] = set()
    rows = []
    for draft in drafts:
        asset = visible.get(draft.code)
        errors = _code_errors(draft, seen, hidden=taken - visible.keys())
        seen.add(draft.code)
        facts, wrong = _facts(draft, people, readers)
        errors += wrong + _need_errors(draft, coming | visible.keys())
        if asset is not None:
            facts = {name: new for name, new in facts.items() if asset.said(name) != new}
        elif "name" not in facts:
            errors.append(_("A new asset needs a name."))
        needs = [need for need in draft.needs if (draft.code, *need) not in known]
        rows.append(PlannedRow(draft, asset, facts, needs, errors))
    return rows


@verb
def import_assets(*, drafts: Sequence[Draft], actor: User, at: datetime) -> tuple[int, int, int]:
    """Take a file over: assets added, assets changed, needs linked; all of it or nothing."""
    rows = plan_import(drafts, user=actor)
    faulty = [row for row in rows if row.errors]
    if faulty:
        raise FaultyRowsError(
            _("Row %(row)s: %(why)s Nothing was taken over.")
            % {"row": faulty[0].draft.line, "why": faulty[0].errors[0]}
        )
    added = changed = linked = 0
    for row in rows:
        if row.asset is None:
            add_asset(code=row.draft.code, facts=row.facts, actor=actor, at=at)
            added += 1
        elif row.facts:
            edit_asset(asset=row.asset, facts=row.facts, actor=actor, at=at)
            changed += 1
    codes = {row.draft.code for row in rows} | {code for row in rows for code, _k in row.new_needs}
    assets = {asset.code: asset for asset in Asset.objects.filter(code__in=codes)}
    for row in rows:
        for code, kind in row.new_needs:
            link_assets(
                asset=assets[row.draft.code], depends_on=assets[code], kind=kind, actor=actor, at=at
            )
            linked += 1
    return added, changed, linked


def _finder(rows: Iterable[Any], noun: str) -> Callable[[str], Any]:
    """Who finds what a cell names by its code or its name; codes win."""
    known = {one.name.casefold(): one for one in rows} | {one.code.casefold(): one for one in rows}

    def find(text: str) -> Any:
        found = known.get(text.strip().casefold())
        if found is None:
            raise ValueError(_("There is no %(noun)s “%(name)s”.") % {"noun": noun, "name": text})
        return found

    return find


def _people(drafts: Sequence[Draft]) -> dict[str, User]:
    """Everybody by name, mail and username; two of one name are found by the others only."""
    if not any(key in one.facts for one in drafts for key in OWNERS):
        return {}
    rows = list(User.objects.filter(is_active=True))
    names = Counter(user.name.casefold() for user in rows)
    found = {user.name.casefold(): user for user in rows if names[user.name.casefold()] == 1}
    return found | {
        word.casefold(): user for user in rows for word in (user.email, user.username) if word
    }


def _code_errors(draft: Draft, seen: set[str], *, hidden: set[str]) -> list[str]:
    if not draft.code:
        return [_("The row has no code.")]
    if draft.code in seen:
        return [_("The code %(code)s stands in the file twice.") % {"code": draft.code}]
    if draft.code in hidden:
        return [_("The code %(code)s is already taken.") % {"code": draft.code}]
    return []


def _need_errors(draft: Draft, there: set[str]) -> list[str]:
    errors = []
    for code, kind in draft.needs:
        if code == draft.code:
            errors.append(_("An asset cannot depend on itself."))
        elif code not in there:
            errors.append(_("It needs %(code)s, which does not exist.") % {"code": code})
        if kind not in DependencyKind.values:
            errors.append(_("“%(kind)s” is no kind of dependency.") % {"kind": kind})
    return errors


def _facts(
    draft: Draft, people: Mapping[str, User], readers: Mapping[str, Callable[[str], Any]]
) -> tuple[dict[str, Any], list[str]]:
    facts: dict[str, Any] = {}
    errors = []
    for name, text in draft.facts.items():
        if name in OWNERS:
            if text.casefold() in people:
                facts[name] = people[text.casefold()]
            else:
                errors.append(_("Nobody here is called “%(name)s”.") % {"name": text})
            continue
        try:
            facts[name] = readers[name](text) if name in readers else text
        except ValueError as error:
            errors.append(str(error))
    return facts, errors
