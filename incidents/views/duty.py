"""Who is called: policies and duties now, and one's own inbox."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.accounts.models import ContactMethod
from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.answer_link import BadAnswerLinkError, notice_of
from incidents.models import Notice
from incidents.selectors.playbook_page import duty_now
from incidents.services.escalation import answer_call
from incidents.services.notice import read_notice, send_test_notice
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
    attempt(request, lambda: answer_call(notice=notice, actor=request.user, at=timezone.now()))
    if notice.incident is not None and request.user.has_perm("incidents.view_incident"):
        return redirect("incidents:detail", code=notice.incident.code)
    return redirect("incidents:inbox")


@require_http_methods(["GET", "HEAD", "POST"])
@needs("")
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a call from a phone, without signing in; only a press counts: scanners open links."""
    context: dict[str, Any] = {}
    status = 200
    try:
        notice = notice_of(token)
    except BadAnswerLinkError as refusal:
        context["wrong"], status = str(refusal), 404
    else:
        with translation.override(notice.person.language):
            if request.method == "POST" and notice.acknowledged_at is None:
                answer_call(notice=notice, actor=notice.person, at=timezone.now())
                context["is_new"] = True
            words = render(request, "incidents/answer.html", context | {"notice": notice})
        return _unkept(words)
    return _unkept(render(request, "incidents/answer.html", context, status=status))


def _unkept(page: HttpResponse) -> HttpResponse:
    """A page that names a call is kept by nobody and tells nobody where it was opened."""
    page["Cache-Control"] = "no-store"
    page["Referrer-Policy"] = "no-referrer"
    return page


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
        _("A message is on its way.")
        if method.verified_at
        else _("A code is on its way; enter it here within half an hour."),
    )
    return redirect("accounts:profile")
