"""Keeping and forgetting the views of a list."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bcp_portal.accounts.list_views import clean_query
from bcp_portal.accounts.models import SavedView
from bcp_portal.accounts.services.saved_view import forget_view, save_view
from bcp_portal.shared.pages import SignedInRequest, attempt, needs


@require_POST
@needs("*")
def view_save(request: SignedInRequest) -> HttpResponse:
    """Keep the present question under a name."""
    attempt(
        request,
        lambda: save_view(
            list_name=request.POST.get("list_name", ""),
            name=request.POST.get("name", ""),
            query=clean_query(request.POST.get("query", "")),
            is_shared=request.POST.get("is_shared") == "1",
            actor=request.user,
            at=timezone.now(),
        ),
        _("The view is kept."),
    )
    return _back(request)


@require_POST
@needs("*")
def view_forget(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a view of one's own."""
    view = get_object_or_404(SavedView.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: forget_view(view=view, actor=request.user, at=timezone.now()),
        _("The view is forgotten."),
    )
    return _back(request)


def _back(request: SignedInRequest) -> HttpResponse:
    asked = request.POST.get("next", "")
    local = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return redirect(asked if local else "/")
