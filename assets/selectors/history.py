"""Who changed what about one thing, field by field, with the reason: its history tab."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.dateparse import parse_duration as parse_iso_duration
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models.custom_field import PREFIX
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.durations import format_duration

SHOWN = 200
# Kept in the trail for auditors; names things that not every reader of the page may see.
UNTOLD = frozenset({"changes", "digest"})
SHORT = frozenset({"rto", "rpo", "mtpd", "wrt", "mbco"})

# What people call the actions that the trail keeps as short words.
ACTIONS = {
    "site.open": gettext_lazy("Site opened"),
    "site.edit": gettext_lazy("Site edited"),
    "site.close": gettext_lazy("Site closed"),
    "asset.add": gettext_lazy("Asset added"),
    "asset.edit": gettext_lazy("Asset edited"),
    "asset.retire": gettext_lazy("Asset retired"),
    "dependency.link": gettext_lazy("Dependency linked"),
    "dependency.change": gettext_lazy("Dependency changed"),
    "dependency.unlink": gettext_lazy("Dependency unlinked"),
    "target.set": gettext_lazy("Target set"),
    "target.propose": gettext_lazy("Objectives proposed"),
    "target.remark": gettext_lazy("Remark on objectives"),
    "target.sign": gettext_lazy("Objectives signed"),
    "target.adopt": gettext_lazy("Objectives adopted: all have signed"),
    "target.lapse": gettext_lazy("Signature lapsed"),
    "target.declined": gettext_lazy("Proposal declined"),
    "target.withdrawn": gettext_lazy("Proposal withdrawn"),
    "impact.answer": gettext_lazy("Impact answered"),
    "design.set": gettext_lazy("Recovery design described"),
    "achievement.record": gettext_lazy("Achievement recorded"),
    "target.evidence_accepted": gettext_lazy("Achievement accepted"),
    "target.evidence_declined": gettext_lazy("Achievement declined"),
    "custom_field.add": gettext_lazy("Field added"),
    "custom_field.edit": gettext_lazy("Field edited"),
    "custom_field.retire": gettext_lazy("Field retired"),
    "risk.identify": gettext_lazy("Risk identified"),
    "risk.edit": gettext_lazy("Risk edited"),
    "risk.review": gettext_lazy("Risk reviewed"),
    "risk.retire": gettext_lazy("Risk retired"),
    "risk.assess_inherent": gettext_lazy("Inherent level assessed"),
    "risk.assess_residual": gettext_lazy("Residual level assessed"),
    "risk.assess_target": gettext_lazy("Target level assessed"),
    "risk.treat": gettext_lazy("Treatment decided"),
    "risk.treatment_done": gettext_lazy("Treatment done"),
    "risk.treatment_dropped": gettext_lazy("Treatment dropped"),
    "risk.action_add": gettext_lazy("Action added"),
    "risk.action_edit": gettext_lazy("Action changed"),
    "risk.action_done": gettext_lazy("Action done"),
    "risk.action_dropped": gettext_lazy("Action dropped"),
    "risk.action_hand_over": gettext_lazy("Action handed over"),
    "risk.control": gettext_lazy("Control linked or removed"),
    "risk.accept": gettext_lazy("Risk accepted"),
    "risk.reopen": gettext_lazy("Acceptance ended"),
    "risk.link_incident": gettext_lazy("Incident linked"),
    "risk.evidence_accepted": gettext_lazy("Evidence accepted"),
    "risk.evidence_declined": gettext_lazy("Evidence declined"),
    "risk.remark": gettext_lazy("Remark"),
    "risk.link": gettext_lazy("Page linked"),
    "risk.unlink": gettext_lazy("Link taken away"),
    "risk.file": gettext_lazy("File put beside it"),
    "risk.file_removed": gettext_lazy("File taken away"),
    "risk.ask_acceptance": gettext_lazy("Acceptance asked for"),
    "risk.refuse_acceptance": gettext_lazy("Acceptance refused"),
    "risk.withdraw_request": gettext_lazy("Request taken back"),
    "risk.estimate": gettext_lazy("Loss estimated"),
    "risk.propose_likelihood": gettext_lazy("History proposed a likelihood"),
    "risk.likelihood_accepted": gettext_lazy("Proposed likelihood accepted"),
    "risk.likelihood_declined": gettext_lazy("Proposed likelihood declined"),
    "indicator.introduce": gettext_lazy("Indicator introduced"),
    "indicator.edit": gettext_lazy("Indicator edited"),
    "indicator.record": gettext_lazy("Value recorded"),
    "indicator.tip": gettext_lazy("Past its limit"),
    "indicator.retire": gettext_lazy("Indicator retired"),
    "plan.write": gettext_lazy("Plan begun"),
    "plan.edit": gettext_lazy("Plan edited"),
    "plan.draft": gettext_lazy("Draft saved"),
    "plan.submit": gettext_lazy("Approval asked for"),
    "plan.approve": gettext_lazy("Version approved"),
    "plan.return": gettext_lazy("Version given back"),
    "plan.retire": gettext_lazy("Plan retired"),
    "control.introduce": gettext_lazy("Control introduced"),
    "control.edit": gettext_lazy("Control edited"),
    "control.test": gettext_lazy("Control tested"),
    "control.withdraw": gettext_lazy("Control withdrawn"),
}


@dataclass(frozen=True)
class FieldChange:
    """One field, before and after."""

    label: str
    before: str
    after: str
    is_new: bool


@dataclass(frozen=True)
class HistoryEntry:
    """One change of the thing."""

    seq: int
    at: datetime
    actor: str
    action: str
    reason: str
    changes: list[FieldChange]


def history_of(row: models.Model) -> list[HistoryEntry]:
    """The newest changes of this thing, newest first. One query."""
    trail = AuditRow.objects.about(row._meta.label_lower, row.pk).order_by("-seq")[:SHOWN]
    return [_entry(row, one) for one in trail]


def _entry(row: models.Model, one: AuditRow) -> HistoryEntry:
    names = [*one.after, *(name for name in one.before if name not in one.after)]
    # What came into being has no before; fields that stayed empty say nothing.
    names = [name for name in names if one.before.get(name) or one.after.get(name) is not None]
    names = [name for name in names if name not in UNTOLD]
    names = [name for name in names if (one.before.get(name), one.after.get(name)) != (None, "")]
    return HistoryEntry(
        seq=one.seq,
        at=one.at,
        actor=one.actor_name,
        action=str(ACTIONS.get(one.action, one.action)),
        reason=one.reason,
        changes=[
            FieldChange(
                label=_label(row, name),
                before=shown(one.before.get(name)),
                after=shown(one.after.get(name)),
                is_new=not one.before,
            )
            for name in names
        ],
    )


def _label(row: models.Model, name: str) -> str:
    fields = {field.name: field for field in row._meta.get_fields()}
    if name in SHORT:
        return name.upper()
    name = name.removeprefix(PREFIX)
    label = str(getattr(fields.get(name), "verbose_name", "") or name.replace("_", " "))
    return label[:1].upper() + label[1:]


def shown(value: Any) -> str:
    """A kept value as a person reads it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        whole = int(value) if float(value).is_integer() else value
        return number_format(whole, force_grouping=True)
    if isinstance(value, str) and value.startswith(("P", "-P")):
        span = parse_iso_duration(value)
        return value if span is None else format_duration(span)
    if isinstance(value, str) and "T" in value[10:11] and (moment := _moment(value)):
        return date_format(localtime(moment), "DATETIME_FORMAT")
    return str(value)


def _moment(text: str) -> datetime | None:
    """A moment as the trail keeps it; words that only look like one are words."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
