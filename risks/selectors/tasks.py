"""What of the register waits for one person: counts and no rows, all in one question."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet, Value
from django.utils.translation import ngettext

from bcp_portal.accounts.models import User
from risks.models import AchievementOffer, Risk, RiskEvidence, TreatmentAction

Task = tuple[str, str]
Words = Callable[[int], str]


def tasks_of(user: User, *, at: datetime) -> Iterator[Task]:
    """Each kind of thing that waits, as a sentence and the name of the page that shows it."""
    asked = [
        _count(kind, waiting(user, at))
        for kind, (perm, waiting, _words, _page) in KINDS.items()
        if user.has_perm(perm)
    ]
    if not asked:
        return
    counts = asked[0].union(*asked[1:], all=True) if asked[1:] else asked[0]
    for kind, many in sorted(counts.values_list("kind", "many"), key=lambda one: ORDER[one[0]]):
        _perm, _waiting, words, page = KINDS[kind]
        if many:
            yield words(many) % many, page


def _count(kind: str, rows: QuerySet[Any]) -> Any:
    said = rows.order_by().annotate(kind=Value(kind, CharField())).values("kind")
    return said.annotate(many=Count("pk", distinct=True)).values_list("kind", "many")


def _evidence(user: User, _at: datetime) -> QuerySet[Any]:
    mine = Q(risk__owner=user) | Q(risk__business_owner=user)
    return RiskEvidence.objects.waiting().filter(mine)


def _offers(user: User, _at: datetime) -> QuerySet[Any]:
    mine = Q(asset__business_owner=user) | Q(asset__technical_owner=user)
    return AchievementOffer.objects.waiting().filter(mine)


def _reviews(user: User, at: datetime) -> QuerySet[Any]:
    mine = Q(owner=user) | Q(business_owner=user)
    return Risk.objects.review_overdue(at.date()).filter(mine)


def _actions(user: User, at: datetime) -> QuerySet[Any]:
    return TreatmentAction.objects.overdue(at.date()).filter(owner=user)


KINDS: dict[str, tuple[str, Callable[[User, datetime], QuerySet[Any]], Words, str]] = {
    "evidence": (
        "risks.weigh_evidence",
        _evidence,
        lambda many: ngettext(
            "%d piece of evidence to weigh", "%d pieces of evidence to weigh", many
        ),
        "risks:inbox",
    ),
    "offers": (
        "assets.record_achievement",
        _offers,
        lambda many: ngettext("%d achievement to confirm", "%d achievements to confirm", many),
        "risks:inbox",
    ),
    "reviews": (
        "risks.run_risk",
        _reviews,
        lambda many: ngettext("%d risk review overdue", "%d risk reviews overdue", many),
        "risks:reviews",
    ),
    "actions": (
        "risks.view_risk",
        _actions,
        lambda many: ngettext(
            "%d action of a treatment overdue", "%d actions of treatments overdue", many
        ),
        "risks:actions",
    ),
}
ORDER = {kind: place for place, kind in enumerate(KINDS)}
