"""The page of the fields that an organisation adds to its risks and assets."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.forms import ReasonForm
from assets.forms.custom_field import CustomFieldForm
from assets.models import CustomAbout, CustomField
from assets.services.custom_field import add_custom_field, edit_custom_field, retire_custom_field
from assets.views.asset import FORM
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs, render_page


@require_safe
@needs("assets.view_customfield")
def custom_field_list(request: SignedInRequest) -> HttpResponse:
    """What is asked about risks and assets besides the fields of the house."""
    fields = list(CustomField.objects.in_use())
    groups = [(about.label, [one for one in fields if one.about == about]) for about in CustomAbout]
    file = lists.table_response(
        request,
        "assets.custom_fields",
        _("Custom fields"),
        [_("About"), _("Name"), _("Key"), _("Kind"), _("Choices")],
        lambda: [
            [label, str(one), one.key, one.get_kind_display(), ", ".join(one.choices)]
            for label, asked in groups
            for one in asked
        ],
        at=timezone.now(),
    )
    context = {"groups": groups, "fields": fields}
    return file or render_page(request, "assets/custom_fields.html", context)


@require_http_methods(FORM)
@needs("assets.run_customfield")
def custom_field_add(request: SignedInRequest) -> HttpResponse:
    """Ask one question more."""

    def run(facts: dict[str, Any]) -> str:
        add_custom_field(facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:custom_fields")

    return form_door(
        request,
        CustomFieldForm(request.POST or None, initial={"about": request.GET.get("about", "")}),
        run=run,
        title=_("A new field"),
        submit=_("Add"),
        cancel_url=reverse("assets:custom_fields"),
    )


def _find(pk: int) -> CustomField:
    return get_object_or_404(CustomField.objects.in_use(), pk=pk)


@require_http_methods(FORM)
@needs("assets.run_customfield")
def custom_field_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rename a question, or change what may be chosen."""
    field = _find(pk)

    def run(facts: dict[str, Any]) -> str:
        edit_custom_field(field=field, facts=facts, actor=request.user, at=timezone.now())
        return reverse("assets:custom_fields")

    return form_door(
        request,
        CustomFieldForm(request.POST or None, instance=_find(pk)),
        run=run,
        title=_("Field %(name)s") % {"name": field},
        submit=_("Save"),
        cancel_url=reverse("assets:custom_fields"),
    )


@require_http_methods(FORM)
@needs("assets.run_customfield")
def custom_field_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask no more."""
    field = _find(pk)

    def run(facts: dict[str, Any]) -> str:
        retire_custom_field(
            field=field, reason=facts["reason"], actor=request.user, at=timezone.now()
        )
        return reverse("assets:custom_fields")

    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=_("Retire the field %(name)s") % {"name": field},
        submit=_("Retire"),
        cancel_url=reverse("assets:custom_fields"),
    )
