"""The register as rows of a file; imported again untouched it changes nothing."""

from collections.abc import Iterable, Iterator
from datetime import date

from assets.custom import custom_values
from assets.models import CustomField
from risks.imports.columns import KINDS
from risks.models import Risk

Value = str | int | float | date | None


def sheet_rows(risks: Iterable[Risk], fields: Iterable[CustomField] = ()) -> Iterator[list[Value]]:
    """One row for each risk, in the order of the columns; the custom fields come last."""
    fields = list(fields)
    for risk in risks:
        places: list[Value] = []
        for kind in KINDS:
            one = getattr(risk, kind)
            places += [one.likelihood, one.impact] if one else [None, None]
        yield [
            risk.code,
            risk.title,
            risk.category.code,
            risk.unit.code if risk.unit else "",
            risk.cause,
            risk.consequence,
            risk.owner.username,
            risk.business_owner.username if risk.business_owner else "",
            risk.review_on,
            *(
                ", ".join(sorted(one.code for one in getattr(risk, name).all()))
                for name in ("assets", "threats", "third_parties")
            ),
            *places,
            "",
            *custom_values(risk, fields),
        ]
