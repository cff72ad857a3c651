"""Who is called: policies and duties now, and one's own inbox."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.accounts.models import ContactMethod
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.models import Notice
from incidents.selectors.playbook_page import duty_now
from incidents.services.notice import answer_notice, read_notice, send_test_notice
from incidents.views.policy_list import escalation_tabs


@require_safe
@needs("incidents.view_escalationpolicy")
def on_call(request: SignedInRequest) -> HttpResponse:
    """Who would be called right now, level by level, and what is wrong with it."""
    at = timezone.now()
    return render_page(
        request,
        "incidents/on_call.html",
        {"reports": duty_now(at=at), "at": at, "tabs": escalation_tabs("incidents:on_call")},
    )


@require_safe
@needs("*")
def inbox(request: SignedInRequest) -> HttpResponse:
    """Everything the portal has told this person, whatever became of mails."""
    rows = Notice.objects.visible_to(request.user).for_list().order_by("-created_at")[:100]
    return render_page(request, "incidents/inbox.html", {"notices": list(rows)}, parts={"notices"})


@require_POST
@needs("*")
def notice_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer a call: "I have it"."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user).for_list(), pk=pk)
    attempt(request, lambda: answer_notice(notice=notice, actor=request.user, at=timezone.now()))
    if notice.incident is not None and request.user.has_perm("incidents.view_incident"):
        return redirect("incidents:detail", code=notice.incident.code)
    return redirect("incidents:inbox")


@require_POST
@needs("*")
def notice_read(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a message aside."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    read_notice(notice=notice, actor=request.user, at=timezone.now())
    return redirect("incidents:inbox")


@require_POST
@needs("*")
def contact_test(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send oneself a message over one of one's own channels."""
    method = get_object_or_404(ContactMethod.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: send_test_notice(method=method, actor=request.user, at=timezone.now()),
        _("A test message is on its way. It stands in your inbox, too."),
    )
    return redirect("accounts:profile")
