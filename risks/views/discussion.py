"""What people say about a risk and put beside it; who may see the risk may see these."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs
from risks.forms import NoteForm
from risks.forms.discussion import FileForm, LinkForm, RemarkForm
from risks.models import Risk, RiskFile, RiskLink
from risks.services.discussion import (
    file_on_risk,
    link_page,
    remark_on_risk,
    take_file_away,
    unlink_page,
)
from risks.views.risk import FORM, find_risk, page_of


@require_http_methods(FORM)
@needs("risks.discuss_risk")
def risk_remark(request: SignedInRequest, code: str) -> HttpResponse:
    """Say something about a risk."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        remark = remark_on_risk(risk=risk, **facts, actor=request.user, at=timezone.now())
        return f"{page_of(code)}#remark-{remark.pk}"

    return form_door(
        request,
        RemarkForm(request.POST or None),
        run=run,
        title=_("Remark on %(code)s") % {"code": code},
        submit=_("Say it"),
        cancel_url=page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.discuss_risk")
def risk_link(request: SignedInRequest, code: str) -> HttpResponse:
    """Put an address beside a risk."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        link_page(risk=risk, **facts, actor=request.user, at=timezone.now())
        return f"{page_of(code)}#beside"

    return form_door(
        request,
        LinkForm(request.POST or None),
        run=run,
        title=_("Link a page to %(code)s") % {"code": code},
        submit=_("Link"),
        cancel_url=page_of(code),
    )


@require_http_methods(FORM)
@needs("risks.discuss_risk")
def risk_attach(request: SignedInRequest, code: str) -> HttpResponse:
    """Put a file beside a risk."""
    risk = find_risk(request, code)

    def run(facts: dict[str, Any]) -> str:
        upload = facts["file"]
        file_on_risk(
            risk=risk,
            name=upload.name,
            content=upload.read(),
            actor=request.user,
            at=timezone.now(),
        )
        return f"{page_of(code)}#beside"

    return form_door(
        request,
        FileForm(request.POST or None, request.FILES or None),
        run=run,
        title=_("Put a file beside %(code)s") % {"code": code},
        submit=_("Keep it"),
        cancel_url=page_of(code),
    )


@require_safe
@needs("risks.view_risk")
def risk_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hand a file out as a download that no browser opens by itself."""
    visible = Risk.objects.visible_to(request.user).values("pk")
    file = get_object_or_404(RiskFile, pk=pk, risk__in=visible, removed_at=None)
    return as_download(name=file.name, kind=file.kind, content=file.content, sha256=file.sha256)


def as_download(*, name: str, kind: str, content: bytes | memoryview, sha256: str) -> HttpResponse:
    """A kept file as a download that no browser opens by itself."""
    response = HttpResponse(bytes(content), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{_ascii(name)}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    response["X-Content-SHA256"] = sha256
    return response


def _ascii(name: str) -> str:
    return name.encode("ascii", "replace").decode().replace("?", "_")


@require_http_methods(FORM)
@needs("risks.discuss_risk")
def risk_file_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a file off the page of a risk."""
    visible = Risk.objects.visible_to(request.user).values("pk")
    files = RiskFile.objects.select_related("risk").defer("content")
    file = get_object_or_404(files, pk=pk, risk__in=visible, removed_at=None)

    def run(facts: dict[str, Any]) -> str:
        take_file_away(file=file, **facts, actor=request.user, at=timezone.now())
        return page_of(file.risk.code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Take “%(name)s” away") % {"name": file.name},
        submit=_("Take away"),
        cancel_url=page_of(file.risk.code),
    )


@require_http_methods(FORM)
@needs("risks.discuss_risk")
def risk_link_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a link off the page of a risk."""
    visible = Risk.objects.visible_to(request.user).values("pk")
    links = RiskLink.objects.select_related("risk")
    link = get_object_or_404(links, pk=pk, risk__in=visible, removed_at=None)

    def run(facts: dict[str, Any]) -> str:
        unlink_page(link=link, **facts, actor=request.user, at=timezone.now())
        return page_of(link.risk.code)

    return form_door(
        request,
        NoteForm(request.POST or None),
        run=run,
        title=_("Take “%(name)s” away") % {"name": link.label},
        submit=_("Take away"),
        cancel_url=page_of(link.risk.code),
    )
