"""Several matrices of any size: who is judged by which, and what a change leaves to do (G3)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from risks.default_matrix import CELLS, IMPACTS, LEVELS, LIKELIHOODS
from risks.matrix_draft import Draft
from risks.models import Risk, RiskMatrix
from risks.rates import middle_of, usual_edges
from risks.scoring import LEAST_STEPS, MOST_STEPS, Scale
from risks.selectors.heat_map import heat_map
from risks.selectors.risk_page import risk_page
from risks.services.assessment import assess_risk
from risks.services.category import edit_category
from risks.services.matrix import matrix_in_force, publish_matrix
from risks.services.risk import edit_risk
from tests.make import NOON, make_user
from tests.make_risks import judge, make_category, make_risk

pytestmark = pytest.mark.django_db
SIZES = [(3, 3), (4, 6), (6, 4), (5, 3), (6, 6)]


def draft(rows, columns, levels=4):
    """The portal's own matrix in another size, with every step named."""
    start = Draft(LIKELIHOODS, IMPACTS, LEVELS, CELLS).stretched(rows, columns, levels)
    steps = [
        [one | {"en": one["en"] or f"Step {one['value']}"} for one in axis]
        for axis in (start.likelihoods, start.impacts)
    ]
    named = [one | {"en": one["en"] or one["word"]} for one in start.levels]
    return Draft(steps[0], steps[1], named, start.cells)


def put_in_force(family, rows, columns, at=NOON, levels=4):
    """A matrix of this size in force for this family."""
    one = draft(rows, columns, levels)
    return publish_matrix(
        name=family.title(),
        family=family,
        likelihoods=one.likelihoods,
        impacts=one.impacts,
        levels=one.levels,
        cells=one.cells,
        reason="Board",
        actor=None,
        at=at,
    )


@pytest.mark.parametrize(("rows", "columns"), SIZES)
@pytest.mark.parametrize("levels", [2, 4, 6])
def test_a_matrix_of_any_size_can_be_drawn_from_the_one_in_force(rows, columns, levels):
    one = draft(rows, columns, levels)

    scale = Scale.read(
        likelihoods=one.likelihoods, impacts=one.impacts, levels=one.levels, cells=one.cells
    )

    assert scale.shape == (rows, columns)
    assert len(scale.levels) == levels
    assert len(scale.rate_edges()) == rows - 1


@pytest.mark.parametrize("steps", range(LEAST_STEPS, MOST_STEPS + 1))
def test_bands_that_nobody_named_grow_and_each_has_a_middle(steps):
    edges = usual_edges(steps)

    middles = [middle_of(step, edges) for step in range(1, steps + 1)]

    assert middles == sorted(set(middles))


def test_a_category_is_judged_by_its_own_matrix():
    put_in_force("safety", 4, 6)
    risk = make_risk(category=make_category(code="safety", matrix_family="safety"))

    judged = judge(risk, 4, 6)

    assert (judged.matrix.family, judged.score) == ("safety", 24)
    with pytest.raises(BadFactsError, match="1 to 4 and impact from 1 to 6"):
        judge(risk, 5, 6)


def test_two_matrices_are_in_force_beside_each_other():
    put_in_force("standard", 5, 5)
    put_in_force("safety", 3, 3)

    assert RiskMatrix.objects.active().count() == 2


def test_a_smaller_matrix_leaves_judgements_to_be_made_again_and_clamps_none():
    risk = make_risk(residual=(5, 5))

    put_in_force("standard", 3, 3)

    risk.refresh_from_db()
    assert (risk.residual.likelihood, risk.residual.impact, risk.level) == (5, 5, "extreme")
    assert risk.reassess_since == NOON
    page = risk_page(risk, user=risk.owner, at=NOON)
    assert not [cell.marks for row in page.matrix.rows for cell in row.cells if cell.marks]
    assert not page.is_within_tolerance
    shown = heat_map(make_user(Role.RISK_MANAGER), kind="residual")
    assert (shown.again, sum(c.count for r in shown.matrix.rows for c in r.cells)) == (1, 0)


def test_a_changed_matrix_leaves_the_risks_of_other_matrices_alone():
    put_in_force("safety", 3, 3)
    risk = make_risk(category=make_category(code="safety", matrix_family="safety"))
    judge(risk, 3, 3)

    put_in_force("standard", 4, 4)

    risk.refresh_from_db()
    assert risk.reassess_since is None


def test_a_category_under_another_matrix_is_judged_again():
    risk = make_risk(residual=(2, 2))
    put_in_force("safety", 3, 3)

    again = edit_category(
        category=risk.category, facts={"matrix_family": "safety"}, actor=make_user(), at=NOON
    )

    risk.refresh_from_db()
    assert (again, risk.reassess_since) == (1, NOON)


def test_a_risk_moved_to_a_category_of_another_matrix_is_judged_again():
    risk = make_risk(residual=(2, 2))
    put_in_force("safety", 3, 3)
    other = make_category(code="safety", matrix_family="safety")

    edit_risk(risk=risk, facts={"category": other}, actor=risk.owner, at=NOON)

    assert Risk.objects.get(pk=risk.pk).reassess_since == NOON


def test_a_category_cannot_be_judged_by_a_matrix_that_is_not_there():
    category = make_risk().category

    with pytest.raises(BadFactsError, match="no matrix"):
        edit_category(
            category=category, facts={"matrix_family": "nowhere"}, actor=make_user(), at=NOON
        )


def editor_facts(client, address):
    """What the editor would send if nobody changed anything."""
    fields = client.get(address).context["form"].fields
    facts = {name: field.initial for name, field in fields.items() if field.initial is not None}
    named = {name: "Named" for name in fields if name.endswith("-en") and not facts[name]}
    return {name: value for name, value in facts.items() if value is not False} | named


def test_the_editor_puts_a_four_by_six_matrix_with_money_into_force(client):
    matrix_in_force(at=timezone.now())
    client.force_login(make_user(Role.RISK_MANAGER))
    address = reverse("risks:matrix_edit") + "?family=Safety&rows=4&columns=6&levels=5"
    facts = editor_facts(client, address) | {"name": "Safety", "reason": "Board"}
    money = {f"loss-{step}": 10 ** (step + 5) for step in range(1, 6)}
    rates = {"upper-1": "0.05", "upper-2": "0.5", "upper-3": "2"}

    answer = client.post(address, facts | money | rates | {"level-level-5-id": "Gawat"})

    assert answer.status_code == 302, answer.context["form"].errors
    scale = RiskMatrix.objects.active().get(family="safety").scale
    assert scale.shape == (4, 6)
    assert scale.rate_edges() == (0.05, 0.5, 2.0)
    assert scale.loss_bands()[0] == (0.0, 1_000_000)
    assert scale.levels[4].label("id") == "Gawat"
    page = client.get(answer["Location"]).content.decode()
    assert "Safety" in page


def test_rates_that_do_not_grow_are_refused_with_a_sentence(client):
    matrix_in_force(at=timezone.now())
    client.force_login(make_user(Role.RISK_MANAGER))
    address = reverse("risks:matrix_edit")
    facts = editor_facts(client, address) | {"reason": "Board", "name": "Ours", "upper-2": "0.01"}

    answer = client.post(address, facts)

    assert answer.status_code == 422
    assert "must grow" in answer.content.decode()


def test_the_heat_map_shows_who_moved_since_a_day(client):
    worse, better = make_risk(residual=(2, 2)), make_risk(residual=(4, 4))
    for risk, place in ((worse, (3, 3)), (better, (2, 4))):
        assess_risk(
            risk=risk,
            kind="residual",
            likelihood=place[0],
            impact=place[1],
            rationale="Later",
            actor=risk.owner,
            at=timezone.now(),
        )
    client.force_login(make_user(Role.RISK_MANAGER))

    since = timezone.localdate() - timezone.timedelta(days=1)
    page = client.get(reverse("risks:heat_map"), {"since": since.isoformat()})

    ways = {move.code: move.way for move in page.context["page"].moves}
    assert ways == {worse.code: "worse", better.code: "better"}


def test_a_category_is_added_and_changed_on_its_page(client):
    put_in_force("safety", 3, 3)
    client.force_login(make_user(Role.RISK_MANAGER))
    facts = {"code": "privacy", "name": "Privacy", "matrix_family": "safety"}

    client.post(reverse("risks:category_add"), facts)
    client.post(
        reverse("risks:category_edit", args=["privacy"]),
        {"name": "Personal data", "matrix_family": "standard"},
    )

    page = client.get(reverse("risks:matrix")).content.decode()
    assert "Personal data" in page
