"""The review: what went well, what did not, what was learned, who promises what."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bcp_portal.shared.pages import SignedInRequest, attempt, needs, render_page
from incidents.forms.incident import ActionForm, ReasonForm, ReviewForm
from incidents.models import ActionItem, Incident, Review, ReviewStatus
from incidents.reports.fleet_figures import draw_states, draw_waiting
from incidents.selectors.review_page import review_page
from incidents.services.action_item import finish_action_item, verify_action_item
from incidents.services.review import open_review, reopen_review, save_review, sign_off_review


def _incident(request: SignedInRequest, code: str) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(request.user), code=code)


def _review(request: SignedInRequest, code: str) -> Review:
    visible = Review.objects.visible_to(request.user).for_list()
    return get_object_or_404(visible, incident__code=code)


@require_POST
@needs("incidents.change_review")
def review_open(request: SignedInRequest, code: str) -> HttpResponse:
    """Begin to look back."""
    incident = _incident(request, code)
    opened = attempt(
        request, lambda: open_review(incident=incident, actor=request.user, at=timezone.now())
    )
    return redirect("incidents:review" if opened else "incidents:detail", code=code)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("incidents.view_review")
def review_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """Read the review; whoever may, writes it."""
    review = _review(request, code)
    may_write = request.user.has_perm("incidents.change_review")
    initial = {name: getattr(review, name) for name in ReviewForm.base_fields}
    form = ReviewForm(request.POST if may_write and request.POST else None, initial=initial)
    if form.is_valid():
        texts = dict(form.cleaned_data)
        version = texts.pop("version")
        saved = attempt(
            request,
            lambda: save_review(
                review=review, texts=texts, version=version, actor=request.user, at=timezone.now()
            ),
            done=_("The review is saved."),
        )
        if saved:
            return redirect("incidents:review", code=code)
    page = review_page(review, user=request.user, at=timezone.now())
    context = {
        "review": review,
        "page": page,
        "states_chart": draw_states(page.fleet, review.incident),
        "waiting_chart": draw_waiting(page.fleet, review.incident),
        "form": form,
        "may_write": may_write,
        "is_editable": may_write and review.status == ReviewStatus.OPEN,
        "actions": page.actions,
        "action_form": ActionForm(),
        "reason_form": ReasonForm(),
    }
    return render_page(request, "incidents/review_detail.html", context)


@require_POST
@needs("incidents.sign_off_review")
def review_sign(request: SignedInRequest, code: str) -> HttpResponse:
    """Sign: this is what we learned."""
    review = _review(request, code)
    attempt(
        request,
        lambda: sign_off_review(review=review, actor=request.user, at=timezone.now()),
        done=_("The review is signed off."),
    )
    return redirect("incidents:review", code=code)


@require_POST
@needs("incidents.sign_off_review")
def review_reopen(request: SignedInRequest, code: str) -> HttpResponse:
    """Take the signature back, and say why."""
    review = _review(request, code)
    form = ReasonForm(request.POST)
    words = form.cleaned_data["reason"] if form.is_valid() else ""
    attempt(
        request,
        lambda: reopen_review(review=review, actor=request.user, at=timezone.now(), reason=words),
    )
    return redirect("incidents:review", code=code)


@require_POST
@needs("incidents.handle_actionitem")
def action_finish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a promise is kept."""
    item = get_object_or_404(ActionItem.objects.visible_to(request.user), pk=pk)
    attempt(request, lambda: finish_action_item(item=item, actor=request.user, at=timezone.now()))
    return redirect("incidents:actions")


@require_POST
@needs("incidents.handle_actionitem")
def action_verify(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say that a kept promise does what it was promised for."""
    item = get_object_or_404(ActionItem.objects.visible_to(request.user).for_list(), pk=pk)
    attempt(request, lambda: verify_action_item(item=item, actor=request.user, at=timezone.now()))
    return redirect("incidents:review", code=item.incident.code)
