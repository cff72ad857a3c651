"""What the fields of a kept version are called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, str | Promise] = {
    "title": _("Title"),
    "name": _("Name"),
    "category": _("Category"),
    "owner": _("Owner"),
    "business_owner": _("Business owner"),
    "status": _("Status"),
    "review_on": _("Next review"),
    "cause": _("Cause"),
    "consequence": _("Consequence"),
    "judge_again": _("To be judged again"),
    "inherent": _("Inherent"),
    "residual": _("Residual"),
    "target": _("Target"),
    "acceptance": _("Acceptance"),
    "treatments": _("Treatments"),
    "controls": _("Controls"),
    "indicators": _("Indicators"),
    "assets": _("Assets"),
    "playbooks": _("Playbooks"),
    "risks": _("Risks"),
    "kind": _("Kind"),
    "nature": _("Nature"),
    "description": _("Description"),
    "effectiveness": _("Effectiveness"),
    "tested_on": _("Tested on"),
    "withdrawn_on": _("Withdrawn on"),
    "scenario": _("Scenario"),
    "version": _("Version"),
    "state": _("State"),
    "approved_by": _("Approved by"),
    "text": _("Text"),
}
HOW: dict[str, str | Promise] = {
    "new": _("New"),
    "changed": _("Changed"),
    "gone": _("Retired"),
}
