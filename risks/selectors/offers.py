"""What the filters of the register offer, and what its rows count: each by one question."""

from collections import Counter
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from assets.models import Asset, ThirdParty, Unit
from bcp_portal.accounts.models import User
from bcp_portal.shared import lists
from risks.models import Risk, RiskCategory, Threat, TreatmentAction

Choices = list[tuple[int | None, str]]


class Offer(NamedTuple):
    """One thing that a filter may offer."""

    kind: str
    pk: str
    code: str
    name: str
    name_id: str


class Offers:
    """What the filters offer; one question for all of them, if one is asked."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def found(self) -> list[Offer]:
        """All the catalogues, and the assets that some risk names and this person may see."""
        named = Risk.assets.through.objects.values("asset")
        seen = Asset.objects.visible_to(self.user).filter(pk__in=named)
        rows = _offered("category", RiskCategory.objects.all(), is_bilingual=True).union(
            _offered("asset", seen),
            _offered("unit", Unit.objects.all(), is_bilingual=True),
            _offered("threat", Threat.objects.visible_to(self.user), is_bilingual=True),
            _offered("third_party", ThirdParty.objects.visible_to(self.user)),
            _people(),
            all=True,
        )
        return [Offer(*row) for row in rows]

    def categories(self, _ask: lists.Ask) -> Choices:
        """By their names."""
        rows = sorted(self._of("category"), key=itemgetter(3))
        return [(int(one.pk), str(_named(RiskCategory, one))) for one in rows]

    def assets(self, _ask: lists.Ask) -> list[tuple[str, str]]:
        """By their codes."""
        return [(one.code, one.code) for one in sorted(self._of("asset"), key=itemgetter(2))]

    def units(self, _ask: lists.Ask) -> Choices:
        """By their names; those of which nobody has said it are a choice of their own."""
        rows = sorted(self._of("unit"), key=itemgetter(3, 2))
        units: Choices = [(int(one.pk), str(_named(Unit, one))) for one in rows]
        return [*units, (None, _("Unknown"))] if units else []

    def threats(self, _ask: lists.Ask) -> Choices:
        """By their codes; risks that name none are a choice of their own."""
        return self._or_none("threat", Threat)

    def third_parties(self, _ask: lists.Ask) -> Choices:
        """By their codes; risks that name none are a choice of their own."""
        return self._or_none("third_party", ThirdParty)

    def people(self) -> list[tuple[str, str]]:
        """Whoever may become an owner, by their names."""
        named = [(one.pk, one.name.strip() or one.code) for one in self._of("person")]
        return sorted(named, key=lambda one: one[1].casefold())

    def _or_none(self, kind: str, model: Any) -> Choices:
        rows = sorted(self._of(kind), key=itemgetter(2))
        known: Choices = [(int(one.pk), str(_named(model, one))) for one in rows]
        return [*known, (None, _("None named"))] if known else []

    def _of(self, kind: str) -> list[Offer]:
        return [one for one in self.found if one.kind == kind]


def _offered(kind: str, rows: QuerySet[Any], *, is_bilingual: bool = False) -> Any:
    other = "name_id" if is_bilingual else Value("")
    return rows.order_by().values_list(
        Value(kind, CharField()), Cast("pk", CharField()), "code", "name", other
    )


def _people() -> Any:
    full = Concat("first_name", Value(" "), "last_name", output_field=CharField())
    return (
        User.objects.filter(is_active=True)
        .order_by()
        .values_list(
            Value("person", CharField()), Cast("pk", CharField()), "username", full, Value("")
        )
    )


def _named(model: Any, one: Offer) -> Any:
    """The thing as far as its name goes; nothing of it is asked of the database again."""
    other = {"name_id": one.name_id} if hasattr(model, "name_id") else {}
    return model(code=one.code, name=one.name, **other)


class ActionCounts:
    """How many actions of each risk are open and overdue; asked where a column shows it."""

    def __init__(self, on: date) -> None:
        self.on = on

    @cached_property
    def _days(self) -> list[tuple[int, date | None]]:
        planned = TreatmentAction.objects.planned()
        return list(planned.values_list("treatment__risk_id", "due_on"))

    @cached_property
    def _open(self) -> Counter[int]:
        return Counter(risk for risk, _due in self._days)

    @cached_property
    def _overdue(self) -> Counter[int]:
        return Counter(risk for risk, due in self._days if due and due < self.on)

    def open(self, risk: Risk) -> int:
        """Still to be done."""
        return self._open[risk.pk]

    def overdue(self, risk: Risk) -> int:
        """Still to be done after their day."""
        return self._overdue[risk.pk]
