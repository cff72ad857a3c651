"""The rules for conflicts: which there are, how each became what it is, and how to change them."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs
from telemetry.forms.conflicts import ReasonForm, RuleForm
from telemetry.models import ConflictRule
from telemetry.models.conflict_rule import DataClass, RuleKind
from telemetry.services.conflict_rule import change_rule, retire_rule, write_rule

FORM = ["GET", "HEAD", "POST"]


def _by_force(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    return rows.filter(retired_at=None) if yes else rows.exclude(retired_at=None)


RULES = lists.ListSpec(
    name="telemetry.conflict_rules",
    title=gettext_lazy("Rules for conflicts"),
    columns=(
        lists.code(
            "code",
            gettext_lazy("Rule"),
            url="telemetry:conflict_rule_edit",
            args=("pk",),
            sort=("entity", "field"),
        ),
        lists.text(
            "kind",
            gettext_lazy("What settles it"),
            value=lambda rule: rule.get_kind_display(),
            sort=True,
        ),
        lists.text(
            "data_class",
            gettext_lazy("Data class"),
            value=lambda rule: rule.get_data_class_display(),
            sort=True,
        ),
        lists.text("master", gettext_lazy("Master source"), sort=True),
        lists.number("limit", gettext_lazy("Value limit"), sort=True),
        lists.number("safety", gettext_lazy("Safety stock"), sort=True),
        lists.duration("answer_within", gettext_lazy("Decided within"), sort=True),
        lists.when("changed_at", gettext_lazy("Changed"), sort=True),
        lists.when("retired_at", gettext_lazy("Retired"), sort=True, shown=False),
    ),
    filters=(
        lists.yes_no("in_force", gettext_lazy("In force"), apply=_by_force),
        lists.choice("kind", gettext_lazy("What settles it"), choices=RuleKind.choices),
        lists.choice("data_class", gettext_lazy("Data class"), choices=DataClass.choices),
    ),
    search=("entity", "field", "master"),
    default_sort="code",
    default_filters={"in_force": ("yes",)},
    empty_title=gettext_lazy("No rules yet"),
    empty_text=gettext_lazy("A rule decides what is always the same; people see the rest."),
    empty_url="telemetry:conflict_rule_add",
    empty_label=gettext_lazy("Write a rule"),
)


@require_safe
@needs("telemetry.edit_conflict_rules")
def rule_list(request: SignedInRequest) -> HttpResponse:
    """Every rule, the most special ones first when a field is looked up."""
    buttons = [
        {"url": reverse("telemetry:conflict_rule_add"), "label": _("Write a rule"), "primary": True}
    ]
    return lists.list_response(
        request,
        RULES,
        ConflictRule.objects.all(),
        at=timezone.now(),
        extra={"title_buttons": buttons},
    )


@require_http_methods(FORM)
@needs("telemetry.edit_conflict_rules")
def rule_add(request: SignedInRequest) -> HttpResponse:
    """Write a rule."""

    def run(facts: dict[str, Any]) -> str:
        reason = facts.pop("reason")
        write_rule(facts=facts, reason=reason, actor=request.user, at=timezone.now())
        return reverse("telemetry:conflict_rules")

    return form_door(
        request,
        RuleForm(request.POST or None),
        run=run,
        title=_("Write a rule"),
        submit=_("Put in force"),
        cancel_url=reverse("telemetry:conflict_rules"),
        template="telemetry/conflict_rule.html",
    )


@require_http_methods(FORM)
@needs("telemetry.edit_conflict_rules")
def rule_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a rule from now on, beside what it was."""
    rule = get_object_or_404(ConflictRule, pk=pk)

    def run(facts: dict[str, Any]) -> str:
        reason = facts.pop("reason")
        change_rule(rule=rule, facts=facts, reason=reason, actor=request.user, at=timezone.now())
        return reverse("telemetry:conflict_rules")

    return form_door(
        request,
        RuleForm(request.POST or None, instance=rule),
        run=run,
        title=_("Rule %(code)s") % {"code": rule.code},
        submit=_("Save"),
        cancel_url=reverse("telemetry:conflict_rules"),
        template="telemetry/conflict_rule.html",
        extra={"rule": rule, "editions": list(rule.editions.select_related("changed_by"))},
    )


@require_http_methods(FORM)
@needs("telemetry.edit_conflict_rules")
def rule_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a rule out of force."""
    rule = get_object_or_404(ConflictRule, pk=pk)

    def run(facts: dict[str, Any]) -> str:
        retire_rule(rule=rule, reason=facts["reason"], actor=request.user, at=timezone.now())
        return reverse("telemetry:conflict_rules")

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Retire %(code)s") % {"code": rule.code},
        submit=_("Retire"),
        cancel_url=reverse("telemetry:conflict_rule_edit", args=[pk]),
    )
