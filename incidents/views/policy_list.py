"""The lists of policies and of rotations."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs
from incidents.models import EscalationPolicy, Rotation

SEE = "incidents.view_escalationpolicy"
CHANGE = "incidents.change_escalationpolicy"
TURN = "incidents.change_rotation"


def _on_duty(rotation: Rotation) -> str:
    names = [person.name for person in rotation.on_call_at(timezone.now())]
    return ", ".join(names) or gettext("nobody now")


POLICIES = lists.ListSpec(
    name="incidents.policies",
    title=_("Escalation"),
    lead=_("Who is called, who is next when nobody reacts, and who is called last."),
    columns=(
        lists.code("name", _("Name"), url="incidents:policy", args=("pk",)),
        lists.text("description", _("When it is used")),
        lists.number("levels", _("Levels"), value=lambda row: len(row.levels.all())),
        lists.person("fallback", _("Fallback"), sort="fallback__first_name"),
        lists.number("repeat_count", _("Rounds"), sort=True),
        lists.bool_("is_default", _("Used everywhere else"), sort=True),
        lists.when("retired_at", _("Retired"), sort=True, shown=False),
    ),
    filters=(
        lists.yes_no(
            "retired",
            _("Retired"),
            apply=lambda rows, yes, ask: rows.filter(retired_at__isnull=not yes),
        ),
    ),
    search=("name", "description"),
    default_sort="name",
    default_filters={"retired": ("no",)},
    empty_title=_("No escalation policy"),
    empty_text=_("Without a policy every commander is called at once."),
    empty_url="incidents:policy_add",
    empty_label=_("Define a policy"),
)

ROTATIONS = lists.ListSpec(
    name="incidents.rotations",
    title=_("Rotations"),
    lead=_("Duties that people take in turns."),
    columns=(
        lists.code("name", _("Name"), url="incidents:rotation", args=("pk",)),
        lists.text("on_duty", _("On duty now"), value=_on_duty),
        lists.text("time_zone", _("Time zone"), sort=True),
    ),
    search=("name",),
    default_sort="name",
    empty_title=_("No rotation"),
    empty_text=_("A rotation says who has a duty this week, so that a policy need not name them."),
    empty_url="incidents:rotation_add",
    empty_label=_("Add a rotation"),
)


def escalation_tabs(active: str) -> list[dict[str, Any]]:
    """The pages about calling people."""
    pages = (
        ("incidents:policies", gettext("Policies")),
        ("incidents:rotations", gettext("Rotations")),
        ("incidents:schedule", gettext("Schedule")),
        ("incidents:on_call", gettext("Who would be called right now")),
        ("incidents:call_lint", gettext("The next 14 days")),
    )
    return [
        {"label": label, "url": reverse(name), "active": name == active} for name, label in pages
    ]


@require_safe
@needs(SEE)
def policy_list(request: SignedInRequest) -> HttpResponse:
    """Every policy."""
    return _list(
        request,
        POLICIES,
        EscalationPolicy.objects.visible_to(request.user).for_detail(),
        "incidents:policies",
        ("incidents:policy_add", gettext("Define a policy"), CHANGE),
    )


@require_safe
@needs(SEE)
def rotation_list(request: SignedInRequest) -> HttpResponse:
    """Every duty, and who has it."""
    return _list(
        request,
        ROTATIONS,
        Rotation.objects.visible_to(request.user).for_list(),
        "incidents:rotations",
        ("incidents:rotation_add", gettext("Add a rotation"), TURN),
    )


def _list(
    request: SignedInRequest,
    spec: lists.ListSpec,
    rows: Any,
    here: str,
    button: tuple[str, str, str],
) -> HttpResponse:
    name, label, permission = button
    may = request.user.has_perm(permission)
    buttons = [{"label": label, "url": reverse(name), "primary": True}] if may else []
    extra = {"title_buttons": buttons, "tabs": escalation_tabs(here)}
    return lists.list_response(request, spec, rows, at=timezone.now(), extra=extra)
