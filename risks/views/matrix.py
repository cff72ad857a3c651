"""The matrices in force, their editor, the categories they judge, and what waits to be judged."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assets.views.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from risks.forms.matrix import CategoryForm, MatrixForm, SizeForm
from risks.matrix_draft import Draft
from risks.models import STANDARD, Risk, RiskCategory, RiskMatrix
from risks.scoring import Scale
from risks.selectors.matrix import (
    family_names,
    language,
    level_badge,
    matrix_view,
    scales_in_force,
)
from risks.services.category import add_category, edit_category
from risks.services.matrix import matrix_in_force, publish_matrix
from risks.views.risk import FORM

SHOWN = 300


def _page_of(family: str) -> str:
    return f"{reverse('risks:matrix')}?family={family}"


@require_safe
@needs("risks.view_riskmatrix")
def matrix(request: SignedInRequest) -> HttpResponse:
    """How risks are judged, and which of them wait to be judged by it."""
    families = family_names()
    asked = request.GET.get("family", STANDARD)
    family = asked if asked in dict(families) else STANDARD
    scales = scales_in_force()
    scale = scales.of(family)
    waiting = Risk.objects.visible_to(request.user).in_force()
    waiting = waiting.filter(reassess_since__isnull=False, matrix_family=family)
    rows = waiting.for_list().order_by("-score", "code")
    edges = scale.rate_edges()
    context = {
        "family": family,
        "tabs": [
            {"label": name, "url": f"?family={one}", "active": one == family, "count": None}
            for one, name in families
        ],
        "matrix": matrix_view(family=family),
        "levels": [{"level": one, "badge": level_badge(scale, one.word)} for one in scale.levels],
        "rates": list(zip(scale.likelihoods, ("", *edges), (*edges, ""), strict=True)),
        "losses": list(zip(scale.impacts, scale.loss_bands(), strict=False)),
        "versions": RiskMatrix.objects.filter(family=family).order_by("-version")[:20],
        "categories": _categories(dict(families)),
        "waiting": [(risk, _old_badge(risk, scale)) for risk in rows[:SHOWN]],
        "count": rows.count(),
        "language": language(),
    }
    return render_page(request, "risks/matrix_page.html", context)


def _old_badge(risk: Risk, scale: Scale) -> Any:
    """What it was judged before; a word that the new scale does not know is shown as it is."""
    return level_badge(scale, risk.level)


def _categories(names: dict[str, str]) -> list[tuple[RiskCategory, str]]:
    rows = RiskCategory.objects.order_by("name")
    return [(one, names.get(one.matrix_family, one.matrix_family)) for one in rows]


def _draft_of(now: RiskMatrix) -> Draft:
    """The matrix in force as a start, with the ends of its bands said."""
    ends = zip(now.likelihoods, now.scale.rate_edges(), strict=False)
    likelihoods = [one | {"upper": round(end, 4)} for one, end in ends] + now.likelihoods[-1:]
    return Draft(likelihoods, now.impacts, now.levels, now.cells)


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def matrix_edit(request: SignedInRequest) -> HttpResponse:
    """Put another version into force; old judgements stay, and wait to be made again."""
    at = timezone.now()
    family = slugify(request.GET.get("family", ""))[:40] or STANDARD
    now = matrix_in_force(at=at, family=family)
    is_new = now.family != family
    draft = _draft_of(now)
    draft = draft.stretched(*SizeForm(request.GET).size(draft))
    name = request.GET.get("family", "") if is_new else now.name
    form = MatrixForm(
        request.POST or None, draft=draft, language=language(), initial={"name": name}
    )

    def run(facts: dict[str, Any]) -> str:
        publish_matrix(
            name=facts["name"],
            family=family,
            likelihoods=form.steps("likelihood"),
            impacts=form.steps("impact"),
            levels=form.levels(),
            cells=form.cells(),
            reason=facts["reason"],
            actor=request.user,
            at=at,
        )
        _say(request, Risk.objects.filter(reassess_since=at).count())
        return _page_of(family)

    rows, columns, levels = draft.shape
    return form_door(
        request,
        form,
        run=run,
        title=_("A new matrix") if is_new else _("Change the matrix"),
        submit=_("Put into force"),
        cancel_url=_page_of(family),
        template="risks/matrix_form.html",
        extra={
            "family": family,
            "sizes": SizeForm(initial={"rows": rows, "columns": columns, "levels": levels}),
            "axes": (
                (_("Likelihoods"), _("At most so often a year"), form.axis_rows("likelihood")),
                (_("Impacts"), _("Costs at most"), form.axis_rows("impact")),
            ),
            # Another size is another form: a kept draft of one does not fit the other.
            "draft": f"{request.path}?{family}-{rows}-{columns}-{levels}",
        },
    )


def _say(request: SignedInRequest, count: int) -> None:
    text = ngettext(
        "%d risk has to be judged again; its old judgement stays as it was.",
        "%d risks have to be judged again; their old judgements stay as they were.",
        count,
    )
    messages.info(request, text % count if count else _("Every judgement holds."))


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def category_add(request: SignedInRequest) -> HttpResponse:
    """Add a kind of harm."""

    def run(facts: dict[str, Any]) -> str:
        facts.pop("reason")
        made = add_category(**facts, actor=request.user, at=timezone.now())
        return _page_of(made.matrix_family)

    return form_door(
        request,
        CategoryForm(request.POST or None, families=family_names()),
        run=run,
        title=_("A new category"),
        submit=_("Add"),
        cancel_url=reverse("risks:matrix"),
    )


@require_http_methods(FORM)
@needs("risks.publish_matrix")
def category_edit(request: SignedInRequest, code: str) -> HttpResponse:
    """Rename a kind of harm, or judge it by another matrix."""
    category = get_object_or_404(RiskCategory, code=code)

    def run(facts: dict[str, Any]) -> str:
        reason = facts.pop("reason")
        again = edit_category(
            category=category, facts=facts, reason=reason, actor=request.user, at=timezone.now()
        )
        _say(request, again)
        return _page_of(facts["matrix_family"])

    return form_door(
        request,
        CategoryForm(
            request.POST or None,
            families=family_names(),
            instance=get_object_or_404(RiskCategory, code=code),
        ),
        run=run,
        title=_("Category %(name)s") % {"name": category},
        submit=_("Save"),
        cancel_url=_page_of(category.matrix_family),
    )
