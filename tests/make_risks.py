"""Makers of risks, judgements and closed incidents."""

from datetime import timedelta
from itertools import count

from incidents.models import Incident, IncidentAsset, IncidentStatus
from risks.models import Control, Risk, RiskCategory, Threat, Treatment, TreatmentAction
from risks.services.assessment import assess_risk
from risks.services.matrix import family_of
from risks.services.treatment import add_action, decide_treatment
from tests.make import NOON, make_user

_serial = count(1)


def make_category(code: str = "availability", **fields: object) -> RiskCategory:
    defaults = {"name": code.title()} | fields
    return RiskCategory.objects.get_or_create(code=code, defaults=defaults)[0]


def make_risk(*, assets=(), residual: tuple[int, int] | None = None, **fields: object) -> Risk:
    """An open risk of availability; judged if a likelihood and an impact are given."""
    number = next(_serial)
    defaults: dict[str, object] = {
        "code": f"R-{number:03d}",
        "title": f"Risk {number}",
        "created_at": NOON,
    }
    if "category" not in fields:
        defaults["category"] = make_category()
    category = fields.get("category") or defaults["category"]
    defaults["matrix_family"] = family_of(category, fields.get("unit"))
    if "owner" not in fields:
        defaults["owner"] = make_user()
    risk = Risk.objects.create(**(defaults | fields))
    risk.assets.set(assets)
    if residual is not None:
        judge(risk, *residual)
        risk.refresh_from_db()
    return risk


def judge(risk: Risk, likelihood: int, impact: int, kind: str = "residual"):
    return assess_risk(
        risk=risk,
        kind=kind,
        likelihood=likelihood,
        impact=impact,
        rationale="Seen before",
        actor=risk.owner,
        at=NOON,
    )


def make_treatment(risk: Risk, **facts: object) -> Treatment:
    said = {"kind": "reduce", "plan": "Second line", "owner": risk.owner} | facts
    return decide_treatment(risk=risk, **said, actor=risk.owner, at=NOON)


def make_action(risk: Risk, treatment: Treatment | None = None, **facts: object) -> TreatmentAction:
    """An action of a treatment of this risk; of a new one if none is given."""
    said = {"title": "Order the line", "owner": risk.owner} | facts
    of = treatment or make_treatment(risk)
    return add_action(treatment=of, **said, actor=risk.owner, at=NOON)


def make_threat(code: str = "POWER", **fields: object) -> Threat:
    return Threat.objects.get_or_create(code=code, defaults={"name": code.title()} | fields)[0]


def make_control(**fields: object) -> Control:
    number = next(_serial)
    defaults = {
        "code": f"C-{number:03d}",
        "name": f"Control {number}",
        "kind": "preventive",
        "nature": "technical",
    }
    return Control.objects.create(**(defaults | fields))


def make_closed_incident(*hits, kind: str = "local", mode: str = "live", **fields) -> Incident:
    """An incident that was recovered two hours after noon and closed; `hits` are assets."""
    number = next(_serial)
    defaults = {
        "number": 9000 + number,
        "code": f"INC-{9000 + number}",
        "title": "Tills stood still",
        "status": IncidentStatus.CLOSED,
        "kind": kind,
        "mode": mode,
        "started_at": NOON,
        "detected_at": NOON,
        "declared_at": NOON,
        "recovered_at": NOON + timedelta(hours=2),
        "closed_at": NOON + timedelta(hours=3),
    }
    incident = Incident.objects.create(**(defaults | fields))
    for asset in hits:
        target = getattr(asset, "recovery_target", None)
        IncidentAsset.objects.create(
            incident=incident,
            asset=asset,
            rto=target.rto if target else None,
            rpo=target.rpo if target else None,
            down_at=NOON,
            recovered_at=NOON + timedelta(hours=2),
        )
    return incident
