"""The verbs that take a file of sites over, or nothing of it, and back; and the rehearsal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Field
from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, plain, set_fields
from assets.models import Region, Site, SiteImport
from assets.scope import visible_regions
from assets.services.site import SITE_FACTS, close_site, edit_site, open_site
from assets.site_imports import SiteDraft, read_fact
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError


class FaultySitesError(DomainError):
    """Some rows cannot be taken over; nothing was."""


class ImportUndoneError(DomainError):
    """The import has been taken back, or something has changed since."""


@dataclass(frozen=True)
class PlannedSite:
    """What one row would do: only the facts that differ, and why it cannot be done."""

    draft: SiteDraft
    site: Site | None
    facts: dict[str, Any]
    errors: list[str]

    @property
    def state(self) -> str:
        """Broken, new, changed or unchanged."""
        if self.errors:
            return "error"
        if self.site is None:
            return "new"
        return "changed" if self.facts else "unchanged"


def plan_sites(drafts: Sequence[SiteDraft], *, user: User) -> list[PlannedSite]:
    """Say what an import would do, without doing it. A fixed number of queries."""
    codes = {draft.code for draft in drafts}
    visible = {
        site.code: site
        for site in Site.objects.visible_to(user).select_related("region").filter(code__in=codes)
    }
    hidden = set(Site.objects.filter(code__in=codes).values_list("code", flat=True)) - set(visible)
    regions: dict[str, Region] = {}
    for region in visible_regions(user):
        regions |= {region.code.casefold(): region, region.name.casefold(): region}
    seen: set[str] = set()
    rows = []
    for draft in drafts:
        errors = _code_errors(draft, seen, hidden)
        seen.add(draft.code)
        site = visible.get(draft.code)
        facts, wrong = _facts(draft, regions)
        if site is not None:
            facts = {name: new for name, new in facts.items() if getattr(site, name) != new}
        errors = errors + wrong or _refusals(draft, site, facts)
        rows.append(PlannedSite(draft, site, facts, errors))
    return rows


@verb
def import_sites(
    *, drafts: Sequence[SiteDraft], file_name: str, actor: User, at: datetime
) -> SiteImport:
    """Take a file over: sites opened and corrected, all of it or nothing."""
    rows = plan_sites(drafts, user=actor)
    if faulty := [row for row in rows if row.errors]:
        raise FaultySitesError(
            _("Row %(row)s: %(why)s Nothing was taken over.")
            % {"row": faulty[0].draft.line, "why": faulty[0].errors[0]}
        )
    changes = []
    for row in rows:
        if row.site is None:
            open_site(code=row.draft.code, facts=row.facts, actor=actor, at=at)
            changes.append({"code": row.draft.code, "before": None, "after": _words(row.facts)})
        elif row.facts:
            before = _words({name: getattr(row.site, name) for name in row.facts})
            edit_site(site=row.site, facts=row.facts, actor=actor, at=at)
            changes.append({"code": row.draft.code, "before": before, "after": _words(row.facts)})
    batch = SiteImport.objects.create(
        file_name=file_name[:200], changes=changes, made_by=actor, made_at=at
    )
    audit(
        action="site.import", obj=batch, actor=actor, at=at,
        after={"file": batch.file_name, "sites": len(changes)},
    )  # fmt: skip
    return batch


@verb
def undo_site_import(*, batch: SiteImport, actor: User, at: datetime) -> SiteImport:
    """Put every site back as it was; one that was changed since stops it, and nothing is undone.

    A site that the file opened is closed: what has happened there stays readable.
    """
    batch = SiteImport.objects.select_for_update().get(pk=batch.pk)
    if batch.undone_at is not None:
        raise ImportUndoneError(_("This import has already been taken back."))
    regions = {region.code: region for region in Region.objects.all()}
    sites = {
        site.code: site
        for site in Site.objects.filter(code__in=[one["code"] for one in batch.changes])
    }
    for change in batch.changes:
        site = sites[change["code"]]
        now = _words({name: getattr(site, name) for name in change["after"]})
        if now != change["after"] or site.closed_on is not None:
            raise ImportUndoneError(
                _("%(code)s was changed since; nothing was taken back.") % {"code": site.code}
            )
        if change["before"] is None:
            reason = _("Import of %(file)s taken back") % {"file": batch.file_name}
            close_site(site=site, reason=reason, on=at.date(), actor=actor, at=at)
        else:
            facts = _values(site, change["before"], regions)
            edit_site(site=site, facts=facts, actor=actor, at=at)
    batch.undone_at, batch.undone_by = at, actor
    batch.save(update_fields=["undone_at", "undone_by"])
    audit(action="site.import_undo", obj=batch, actor=actor, at=at)
    return batch


def _code_errors(draft: SiteDraft, seen: set[str], hidden: set[str]) -> list[str]:
    if not draft.code:
        return [_("There is no code.")]
    if draft.code in seen:
        return [_("The code stands twice in the file.")]
    if draft.code in hidden:
        return [_("This site is not among those you look after.")]
    return []


def _facts(draft: SiteDraft, regions: Mapping[str, Region]) -> tuple[dict[str, Any], list[str]]:
    facts: dict[str, Any] = {}
    errors = []
    for name, text in draft.facts.items():
        try:
            if name == "region":
                facts[name] = _region(text, regions)
            else:
                facts[name] = read_fact(name, text)
        except ValueError as error:
            errors.append(f"{name}: {error}")
    return facts, errors


def _region(text: str, regions: Mapping[str, Region]) -> Region:
    region = regions.get(text.casefold())
    if region is None:
        raise ValueError(_("There is no region “%(text)s”.") % {"text": text})
    return region


def _refusals(draft: SiteDraft, site: Site | None, facts: Mapping[str, Any]) -> list[str]:
    """What the verb would refuse, asked of a row that is never saved."""
    if site is not None and site.closed_on is not None:
        return [_("The site has been closed.")]
    if site is None and "region" not in facts:
        return [_("A new site needs a region.")]
    row = Site(code=draft.code)
    if site is not None:
        row = Site(pk=site.pk, code=site.code, **{name: getattr(site, name) for name in SITE_FACTS})
        # It is there already: its own code is not taken by somebody else.
        row._state.adding = False
    set_fields(row, facts, SITE_FACTS)
    try:
        check_row(row)
    except BadFactsError as refusal:
        return [str(refusal)]
    return []


def _words(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in facts.items()}


def _values(site: Site, words: Mapping[str, Any], regions: Mapping[str, Region]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, word in words.items():
        if name == "region":
            values[name] = regions[word]
        else:
            field = site._meta.get_field(name)
            assert isinstance(field, Field)
            values[name] = field.to_python(word)
    return values
