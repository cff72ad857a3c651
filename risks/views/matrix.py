"""The matrix in force, its versions, and the risks that a change leaves to be judged again."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.forms.matrix import MatrixForm
from risks.models import Risk, RiskMatrix
from risks.selectors.matrix import language, level_badge, matrix_view, scale_in_force
from risks.services.matrix import matrix_in_force, publish_matrix
from risks.views.risk import FORM

SHOWN = 300


@require_safe
@needs("risks.view_riskmatrix")
def matrix(request: SignedInRequest) -> HttpResponse:
    """How risks are judged, and which of them wait to be judged by it."""
    scale = scale_in_force()[1]
    waiting = Risk.objects.visible_to(request.user).in_force()
    rows = waiting.filter(reassess_since__isnull=False).for_list().order_by("-score", "code")
    edges = scale.rate_edges()
    context = {
        "matrix": matrix_view(),
        "levels": [{"level": one, "badge": level_badge(scale, one.word)} for one in scale.levels],
        "rates": list(zip(scale.likelihoods, ("", *edges), (*edges, ""), strict=True)),
        "versions": RiskMatrix.objects.order_by("-version")[:20],
        "waiting": [(risk, level_badge(scale, risk.level)) for risk in rows[:SHOWN]],
        "count": rows.count(),
        "language": language(),
    }
    return render_page(request, "risks/matrix_page.html", context)


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def matrix_edit(request: SignedInRequest) -> HttpResponse:
    """Put another version into force; old judgements stay, and wait to be made again."""
    at = timezone.now()
    now = matrix_in_force(at=at)
    form = MatrixForm(
        request.POST or None, scale=now.scale, language=language(), initial={"name": now.name}
    )

    def run(facts: dict[str, Any]) -> str:
        publish_matrix(
            name=facts["name"],
            likelihoods=form.likelihoods(now.likelihoods),
            impacts=now.impacts,
            levels=form.levels(now.levels),
            cells=form.cells(),
            reason=facts["reason"],
            actor=request.user,
            at=at,
        )
        count = Risk.objects.filter(reassess_since=at).count()
        text = ngettext(
            "%d risk has to be judged again; its old judgement stays as it was.",
            "%d risks have to be judged again; their old judgements stay as they were.",
            count,
        )
        messages.info(request, text % count if count else _("Every judgement holds."))
        return reverse("risks:matrix")

    return form_door(
        request,
        form,
        run=run,
        title=_("Change the matrix"),
        submit=_("Put into force"),
        cancel_url=reverse("risks:matrix"),
    )
