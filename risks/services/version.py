"""Keeping what the register says, each time it changes; called by the verbs' followers."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from assets.changes import plain
from assets.models import Asset
from bcp_portal.audit.chain import PendingRow
from bcp_portal.audit.verbs import verb
from risks.models import (
    Acceptance,
    Assessment,
    Control,
    Effectiveness,
    Plan,
    PlanState,
    RegisterVersion,
    Risk,
    RiskControl,
    RiskStatus,
    Treatment,
    TreatmentAction,
    VersionKind,
)
from risks.selectors.objective_facts import Facts, objective_facts

Gather = Callable[[Iterable[int]], list[tuple[int, str, Facts]]]
KEPT_AT_ONCE = 500


def keep_versions(rows: list[PendingRow]) -> None:
    """Keep a picture of each risk, control, plan and objective that these changes were about."""
    touched: dict[tuple[str, int], PendingRow] = {}
    for row in rows:
        kind = KINDS.get(row.object_kind)
        if kind:
            touched[kind, int(row.object_id)] = row
        elif row.object_kind in JUDGED_BY:
            judged = Risk.objects.exclude(status=RiskStatus.RETIRED).exclude(level="")
            column = JUDGED_BY[row.object_kind]
            judged = judged.filter(**{column: int(row.object_id)}) if column else judged
            for pk in judged.values_list("pk", flat=True):
                touched[VersionKind.RISK, pk] = row
    for name, gather in GATHERERS.items():
        about = {pk: row for (one, pk), row in touched.items() if one == name}
        if about:
            _keep(name, gather(about), about)


@verb
def keep_missing_versions(*, at: datetime) -> str:
    """Begin the history of what was there before histories were kept."""
    kept = 0
    subjects: dict[VersionKind, QuerySet[Any]] = {
        VersionKind.RISK: Risk.objects.all(),
        VersionKind.CONTROL: Control.objects.all(),
        VersionKind.PLAN: Plan.objects.all(),
        VersionKind.OBJECTIVE: Asset.objects.filter(recovery_target__isnull=False),
    }
    for kind, rows in subjects.items():
        known = RegisterVersion.objects.filter(kind=kind).values("subject_id")
        missing = list(rows.exclude(pk__in=known).values_list("pk", flat=True)[:KEPT_AT_ONCE])
        fresh = [
            RegisterVersion(kind=kind, subject_id=pk, code=code, recorded_at=at, facts=facts)
            for pk, code, facts in (GATHERERS[kind](missing) if missing else ())
        ]
        RegisterVersion.objects.bulk_create(fresh)
        kept += len(fresh)
    return f"{kept} begun"


def _keep(kind: str, told: list[tuple[int, str, Facts]], about: dict[int, PendingRow]) -> None:
    latest = {
        one.subject_id: one.facts
        for one in RegisterVersion.objects.filter(kind=kind, subject_id__in=list(about))
        .order_by("recorded_at", "pk")
        .only("subject_id", "facts", "recorded_at")
    }
    RegisterVersion.objects.bulk_create(
        RegisterVersion(
            kind=kind,
            subject_id=pk,
            code=code,
            recorded_at=about[pk].at,
            facts=facts,
            actor_name=about[pk].actor_name,
            action=about[pk].action,
            reason=about[pk].reason,
        )
        for pk, code, facts in told
        if latest.get(pk) != facts
    )


def risk_facts(pks: Iterable[int]) -> list[tuple[int, str, Facts]]:
    """What the register says about these risks now, in a fixed number of queries."""
    risks = (
        Risk.objects.filter(pk__in=list(pks))
        .for_list()
        .prefetch_related(
            Prefetch("assets", Asset.objects.only("code").order_by("code")),
            Prefetch("treatments", Treatment.objects.for_list().with_actions().order_by("pk")),
            Prefetch("risk_controls", RiskControl.objects.select_related("control")),
            Prefetch("acceptances", _acceptances(), to_attr="open_acceptances"),
            "indicators",
            "threats",
            "third_parties",
        )
        .order_by("pk")
    )
    return [(risk.pk, risk.code, _risk(risk)) for risk in risks]


def _acceptances() -> Any:
    return Acceptance.objects.standing().select_related("accepted_by", "asked_by")


def _risk(risk: Any) -> Facts:
    return {
        "code": risk.code,
        "title": risk.title,
        "category": risk.category.code,
        "matrix": risk.matrix_family,
        **({"unit": risk.unit.code} if risk.unit else {}),
        "cause": risk.cause,
        "consequence": risk.consequence,
        "owner": risk.owner.name,
        "business_owner": risk.business_owner.name if risk.business_owner else "",
        "status": risk.status,
        "review_on": plain(risk.review_on),
        "reviewed_at": plain(risk.reviewed_at),
        "level": risk.level,
        "score": risk.score,
        "judge_again": risk.reassess_since is not None,
        "inherent": _judgement(risk.inherent),
        "residual": _judgement(risk.residual),
        "target": _judgement(risk.target),
        "acceptance": next(
            (
                {
                    "by": one.accepted_by.name,
                    "asked_by": one.asked_by.name if one.asked_by else "",
                    "expires_on": plain(one.expires_on),
                    "reason": one.reason,
                }
                for one in risk.open_acceptances
            ),
            None,
        ),
        "treatments": [_treatment(one) for one in risk.treatments.all()],
        **({"custom": dict(sorted(risk.custom.items()))} if risk.custom else {}),
        "controls": sorted(link.control.code for link in risk.risk_controls.all()),
        "indicators": sorted(one.code for one in risk.indicators.all()),
        "assets": [asset.code for asset in risk.assets.all()],
        **{name: codes for name in ("threats", "third_parties") if (codes := _codes(risk, name))},
    }


def _codes(risk: Any, name: str) -> list[str]:
    return sorted(one.code for one in getattr(risk, name).all())


def _treatment(one: Treatment) -> Facts:
    actions = [{"title": each.title, **_undertaking(each)} for each in one.actions.all()]
    said = {"kind": one.kind, "plan": one.plan, **_undertaking(one)}
    return said | ({"actions": actions} if actions else {})


def _undertaking(one: Treatment | TreatmentAction) -> Facts:
    said = {"owner": one.owner.name, "due_on": plain(one.due_on), "status": one.status}
    return said if one.cost is None else said | {"cost": one.cost}


def _judgement(one: Assessment | None) -> Facts | None:
    if one is None:
        return None
    return {
        "likelihood": one.likelihood,
        "impact": one.impact,
        "score": one.score,
        "level": one.level,
        "rationale": one.rationale,
    }


def control_facts(pks: Iterable[int]) -> list[tuple[int, str, Facts]]:
    """What the catalogue says about these controls now."""
    links = RiskControl.objects.select_related("risk")
    controls = Control.objects.filter(pk__in=list(pks)).select_related("owner").order_by("pk")
    told = []
    for one in controls.prefetch_related(Prefetch("risk_controls", links)):
        facts = {name: getattr(one, name) for name in CONTROL_TEXTS} | {
            **({"design": one.design} if one.design != Effectiveness.UNTESTED else {}),
            "owner": one.owner.name if one.owner else "",
            "tested_on": plain(one.tested_on),
            "withdrawn_on": plain(one.withdrawn_on),
            "risks": sorted(link.risk.code for link in one.risk_controls.all()),
        }
        told.append((one.pk, one.code, facts))
    return told


def plan_facts(pks: Iterable[int]) -> list[tuple[int, str, Facts]]:
    """What these plans say now: the version in force, with its text."""
    plans = Plan.objects.filter(pk__in=list(pks)).select_related("owner", "current__approved_by")
    told = []
    for one in plans.prefetch_related("assets", "playbooks").order_by("pk"):
        version = one.current
        approver = version.approved_by if version else None
        facts = {
            "code": one.code,
            "title": one.title,
            "scenario": one.scenario,
            "owner": one.owner.name,
            "status": "retired" if one.retired_at else "",
            "version": str(version.number) if version else "",
            "state": version.state if version else PlanState.DRAFT.value,
            "approved_by": approver.name if approver else "",
            "text": "\n\n".join(filter(None, version.texts.get("en", {}).values()))
            if version
            else "",
            "assets": sorted(asset.code for asset in one.assets.all()),
            "playbooks": sorted(playbook.code for playbook in one.playbooks.all()),
        }
        told.append((one.pk, one.code, facts))
    return told


CONTROL_TEXTS = ("code", "name", "kind", "nature", "description", "effectiveness")
# Whose change may leave risks to be judged again, and by which column it finds them.
JUDGED_BY = {"risks.riskmatrix": "", "risks.riskcategory": "category", "assets.unit": "unit"}
KINDS = {
    "risks.risk": VersionKind.RISK,
    "risks.control": VersionKind.CONTROL,
    "risks.plan": VersionKind.PLAN,
    "assets.asset": VersionKind.OBJECTIVE,
}
GATHERERS: dict[str, Gather] = {
    VersionKind.RISK: risk_facts,
    VersionKind.CONTROL: control_facts,
    VersionKind.PLAN: plan_facts,
    VersionKind.OBJECTIVE: objective_facts,
}
