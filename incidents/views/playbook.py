"""Playbooks: the list, what a plan says, and whether it may be published."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.models import Playbook, PlaybookVersion, VersionStatus
from incidents.selectors.playbook_page import missing_ready_plans, playbook_page
from incidents.services.playbook import load_ready_playbooks, publish_version

PLAYBOOKS = lists.ListSpec(
    name="incidents.playbooks",
    title=_("Playbooks"),
    columns=(
        lists.code("code", _("Code"), url="incidents:playbook", args=("code",)),
        lists.text("title", _("Title"), value=lambda row: row.said("title"), sort="title"),
        lists.text("scenario", _("Scenario"), value=lambda row: row.said("scenario")),
        lists.text(
            "version",
            _("In force"),
            value=lambda row: f"v{row.published_version.number}" if row.published_version else "–",
        ),
        lists.person("business_owner", _("Business owner")),
        lists.person("technical_owner", _("Technical owner")),
    ),
    search=("code", "title", "scenario"),
    default_sort="code",
    empty_title=_("No playbooks yet"),
    empty_text=_("Plans for the outages that happen most; change them to fit."),
    empty_url="incidents:playbook_add",
    empty_label=_("Write a playbook"),
)


@require_safe
@needs("incidents.view_playbook")
def playbook_list(request: SignedInRequest) -> HttpResponse:
    """Every plan."""
    rows = Playbook.objects.visible_to(request.user).for_list()
    return lists.list_response(
        request,
        PLAYBOOKS,
        rows,
        at=timezone.now(),
        template="incidents/playbook_list.html",
        extra={"missing": missing_ready_plans()},
    )


@require_POST
@needs("incidents.publish_playbook")
def playbooks_load(request: SignedInRequest) -> HttpResponse:
    """Take in the plans that come with the portal; those already here stay as they are."""
    taken: list[PlaybookVersion] = []
    if attempt(
        request,
        lambda: taken.extend(load_ready_playbooks(actor=request.user, at=timezone.now())),
    ):
        in_force = sum(version.status == VersionStatus.PUBLISHED for version in taken)
        messages.success(
            request,
            gettext("%(taken)d playbooks are here, %(in_force)d of them in force.")
            % {"taken": len(taken), "in_force": in_force},
        )
    return redirect("incidents:playbooks")


@require_safe
@needs("incidents.view_playbook")
def playbook_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """What a plan says, its versions, and who would be called right now."""
    playbook = get_object_or_404(Playbook.objects.visible_to(request.user).for_list(), code=code)
    number = request.GET.get("version", "")
    page = playbook_page(playbook, number=number, user=request.user, at=timezone.now())
    return render_page(request, "incidents/playbook_detail.html", {"page": page})


@require_POST
@needs("incidents.publish_playbook")
def playbook_publish(request: SignedInRequest, code: str, number: int) -> HttpResponse:
    """Put a version in force; it never changes after that."""
    versions = PlaybookVersion.objects.filter(
        playbook__in=Playbook.objects.visible_to(request.user)
    )
    version = get_object_or_404(versions, playbook__code=code, number=number)
    attempt(
        request, lambda: publish_version(version=version, actor=request.user, at=timezone.now())
    )
    return redirect("incidents:playbook", code=code)
