"""Rebuilding the centre from its sites: the coverage picture, the quarantine, and two people."""

import zlib
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.accounts.models import User
from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.models import Rebuild, SiteCopy, Stream
from telemetry.models.rebuild import CopyStatus
from telemetry.rebuilding.copies import MAX_BYTES
from telemetry.rebuilding.coverage import coverage
from telemetry.services.rebuild import (
    RebuildError,
    bring_copy,
    close_rebuild,
    open_rebuild,
    refuse_copy,
    release_copy,
)
from telemetry.views.order_lists import tabs

FORM = ("GET", "HEAD", "POST")


def _open(rows: Any, yes: bool, _ask: lists.Ask) -> Any:
    return rows.filter(closed_at__isnull=yes)


REBUILDS = lists.ListSpec(
    name="telemetry.rebuilds",
    title=_("Rebuilding the centre"),
    columns=(
        lists.code("code", _("Code"), url="telemetry:rebuild", args=("code",), sort="number"),
        lists.text("reason", _("What happened")),
        lists.when("restored_to", _("Restored to"), sort=True),
        lists.when("lost_at", _("Lost at"), sort=True),
        lists.person("opened_by", _("Opened by"), sort="opened_by__first_name"),
        lists.when("opened_at", _("Opened"), sort=True),
        lists.when("closed_at", _("Closed"), sort=True),
        lists.person("closed_by", _("Closed by"), sort="closed_by__first_name"),
    ),
    filters=(lists.yes_no("open", _("Open"), apply=_open),),
    search=("code", "reason"),
    default_sort="-code",
    empty_title=_("The centre has lost nothing"),
    empty_text=_("When it does, what the sites still hold brings it back, day by day."),
)


class RebuildForm(forms.Form):
    """What was lost."""

    restored_to = forms.DateTimeField(
        label=_("The centre's data end at"),
        help_text=_("The moment of the newest copy that was restored"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    lost_at = forms.DateTimeField(
        label=_("The centre was lost at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    reason = forms.CharField(label=_("What happened"), min_length=5, max_length=400)


class CopyForm(forms.Form):
    """A site's copy of one stream."""

    stream = forms.ModelChoiceField(label=_("Stream"), queryset=Stream.objects.none())
    scope = forms.CharField(
        label=_("Span"),
        max_length=64,
        help_text=_("As the site's digests call it, for example “day 2026-11-22”"),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("One JSON object a line, each with “at” and “hash”; at most 20 MiB"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stream"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = (
            Stream.objects.visible_to(user).select_related("site").order_by("site__code", "name")
        )


class SettleForm(forms.Form):
    """A word about how it was checked, or why it is not used."""

    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    refuse = forms.BooleanField(label=_("Refuse this copy"), required=False)


class CloseForm(forms.Form):
    """What stays lost, in words."""

    note = forms.CharField(label=_("What was compared, and what stays lost"), max_length=500)


@require_safe
@needs("telemetry.view_order")
def rebuild_list(request: SignedInRequest) -> HttpResponse:
    """Every time the centre came back old."""
    rows = Rebuild.objects.visible_to(request.user).for_list()
    extra: dict[str, Any] = {"tabs": tabs(request, "telemetry:rebuilds")}
    if request.user.has_perm("telemetry.give_order"):
        url = reverse("telemetry:rebuild_open")
        extra["title_buttons"] = [
            {"url": url, "label": gettext("The centre lost data"), "primary": True}
        ]
    return lists.list_response(request, REBUILDS, rows, at=timezone.now(), extra=extra)


@require_http_methods(FORM)
@needs("telemetry.give_order")
def open_(request: SignedInRequest) -> HttpResponse:
    """Say what was lost."""

    def run(told: dict[str, Any]) -> str:
        made = open_rebuild(**told, actor=request.user, at=timezone.now())
        return reverse("telemetry:rebuild", args=[made.code])

    return form_door(
        request,
        RebuildForm(request.POST or None),
        run=run,
        title=_("The centre lost data"),
        submit=_("Draw the coverage map"),
        cancel_url=reverse("telemetry:rebuilds"),
    )


@require_safe
@needs("telemetry.view_order")
def detail(request: SignedInRequest, code: str) -> HttpResponse:
    """Who holds what, hour by hour, and the copies that came."""
    rebuild = _find(request, code)
    picture = coverage(rebuild, user=request.user)
    copies = rebuild.copies.visible_to(request.user).for_page().order_by("-brought_at")[:200]
    context = {
        "rebuild": rebuild,
        "picture": picture,
        "totals": [(which, count) for which, count in picture.totals.items() if count],
        "copies": copies,
    }
    return render_page(request, "telemetry/rebuild.html", context, parts={"board"})


@require_http_methods(FORM)
@needs("telemetry.give_order")
def bring(request: SignedInRequest, code: str) -> HttpResponse:
    """Bring a site's copy into quarantine."""
    rebuild = _find(request, code)
    back = reverse("telemetry:rebuild", args=[code])

    def run(told: dict[str, Any]) -> str:
        if told["file"].size > MAX_BYTES:
            raise RebuildError(gettext("The file is empty or larger than 20 MiB."))
        bring_copy(
            rebuild=rebuild,
            stream=told["stream"],
            scope=told["scope"],
            content=told["file"].read(),
            actor=request.user,
            at=timezone.now(),
        )
        return back

    return form_door(
        request,
        CopyForm(request.POST or None, request.FILES or None, user=request.user),
        run=run,
        title=gettext("Bring a copy for %(code)s") % {"code": code},
        submit=_("Into quarantine"),
        cancel_url=back,
    )


@require_http_methods(FORM)
@needs("telemetry.approve_order")
def settle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Release a copy, or refuse it: by somebody else than who brought it."""
    copy = get_object_or_404(SiteCopy.objects.visible_to(request.user).for_page(), pk=pk)
    back = reverse("telemetry:rebuild", args=[copy.rebuild.code])

    def run(told: dict[str, Any]) -> str:
        verb = refuse_copy if told["refuse"] else release_copy
        verb(copy=copy, note=told["note"], actor=request.user, at=timezone.now())
        return back

    return form_door(
        request,
        SettleForm(request.POST or None),
        run=run,
        title=gettext("Release the copy of %(site)s") % {"site": copy.stream.site.code},
        submit=_("Settle"),
        cancel_url=back,
        template="telemetry/site_copy.html",
        extra={"copy": copy},
    )


@require_safe
@needs("telemetry.approve_order")
def download(request: SignedInRequest, pk: int) -> HttpResponse:
    """The records of a released copy, as they came, for the centre to take in."""
    rows = SiteCopy.objects.visible_to(request.user).filter(status=CopyStatus.RELEASED)
    copy = get_object_or_404(rows.select_related("stream__site", "rebuild"), pk=pk)
    name = f"{copy.rebuild.code}-{copy.stream.site.code}-{copy.pk}.jsonl"
    return HttpResponse(
        zlib.decompress(bytes(copy.records)),
        content_type="application/x-ndjson",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-SHA256": copy.sha256,
        },
    )


@require_http_methods(FORM)
@needs("telemetry.approve_order")
def close(request: SignedInRequest, code: str) -> HttpResponse:
    """End it, with the picture as it is."""
    rebuild = _find(request, code)
    back = reverse("telemetry:rebuild", args=[code])

    def run(told: dict[str, Any]) -> str:
        close_rebuild(rebuild=rebuild, note=told["note"], actor=request.user, at=timezone.now())
        return back

    return form_door(
        request,
        CloseForm(request.POST or None),
        run=run,
        title=gettext("Close %(code)s") % {"code": code},
        submit=_("Close"),
        cancel_url=back,
    )


def _find(request: SignedInRequest, code: str) -> Rebuild:
    return get_object_or_404(Rebuild.objects.visible_to(request.user).for_list(), code=code)
