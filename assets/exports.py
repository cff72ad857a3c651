"""Assets as rows of a file that can be edited and imported again; untouched it changes nothing."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from assets.custom import custom_values
from assets.models import Asset, CustomField, Dependency, DependencyKind

Value = str | int | float | None
HEADINGS = (
    "Code",
    "Name",
    "Kind",
    "Site",
    "Unit",
    "Zone",
    "Criticality",
    "Business owner",
    "Technical owner",
    "Run by",
    "Own restore time",
    "Backup every",
    "Description",
    "If it fails",
    "If it is abused",
    "Needs",
)


def asset_rows(
    assets: Iterable[Asset], arrows: Iterable[Dependency], fields: Iterable[CustomField]
) -> Iterator[list[Value]]:
    """One row for each asset in the order of the headings; the custom fields come last."""
    fields = list(fields)
    needs: dict[int, list[str]] = {}
    for arrow in arrows:
        code = arrow.depends_on.code
        word = code if arrow.kind == DependencyKind.HARD else f"{code}:{arrow.kind}"
        needs.setdefault(arrow.asset_id, []).append(word)
    for one in assets:
        yield [
            one.code,
            one.name,
            one.kind,
            one.site.code if one.site else "",
            one.unit.code if one.unit else "",
            one.zone,
            one.criticality,
            one.business_owner.username if one.business_owner else "",
            one.technical_owner.username if one.technical_owner else "",
            one.third_party.code if one.third_party else "",
            _span(one.own_restore),
            _span(one.backup_every),
            one.description,
            one.if_it_fails,
            one.if_it_is_abused,
            ", ".join(sorted(needs.get(one.pk, ()))),
            *custom_values(one, fields),
        ]


def _span(span: timedelta | None) -> str:
    """Exactly as long as it is: what people read is rounded."""
    if span is None:
        return ""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{60 * minutes + seconds}s" if seconds else f"{minutes}m"
