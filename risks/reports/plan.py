"""A plan on paper: what people hold in their hands when the screens are dark."""

from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.reports.paper import PaperColumn, build_paper, paper_table
from bcp_portal.reports.registry import BuiltReport
from bcp_portal.shared.durations import format_duration
from risks.models import PlanVersion
from risks.selectors.plans import sections_of


def build_plan_report(*, subject_id: int, language: str, at: datetime) -> BuiltReport:
    """Build one version of a plan."""
    version = PlanVersion.objects.select_related("plan__owner", "written_by", "approved_by").get(
        pk=subject_id
    )
    plan = version.plan
    assets = list(plan.assets.select_related("recovery_target", "technical_owner").order_by("code"))
    lines = []
    for asset in assets:
        target = getattr(asset, "recovery_target", None)
        owner = asset.technical_owner
        lines.append(
            [
                asset.code,
                asset.name,
                format_duration(target.rto if target else None),
                format_duration(target.rpo if target else None),
                f"{owner.name} {owner.phone}".strip() if owner else "–",
            ]
        )
    columns = [
        PaperColumn(_("Code"), "w15", "nowrap mono"),
        PaperColumn(_("Asset"), "", ""),
        PaperColumn("RTO", "w10", "nowrap"),
        PaperColumn("RPO", "w10", "nowrap"),
        PaperColumn(_("Answers for it"), "w30", ""),
    ]
    return build_paper(
        "risks/paper/plan.html",
        {
            "plan": plan,
            "version": version,
            "sections": sections_of(version, language),
            "assets": paper_table(columns, lines) if lines else None,
            "playbooks": [(one.code, one.said("title")) for one in plan.playbooks.order_by("code")],
        },
        payload={
            "code": plan.code,
            "version": version.number,
            "state": version.state,
            "sha256": version.digest,
            "texts": version.texts,
            "assets": [asset.code for asset in assets],
        },
        title=plan.said_title,
        code=f"{plan.code}-v{version.number}",
        language=language,
        at=at,
    )
