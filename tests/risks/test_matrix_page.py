"""A change of the matrix: judgements are made again, never clamped (G3)."""

import pytest
from django.urls import reverse
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from risks.models import RiskMatrix
from risks.services.matrix import matrix_in_force
from tests.make import make_user
from tests.make_risks import make_risk

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(client):
    matrix_in_force(at=timezone.now())
    client.force_login(make_user(Role.RISK_MANAGER))
    shown = client.get(reverse("risks:matrix_edit"))
    fields = shown.context["form"].fields
    facts = {name: field.initial for name, field in fields.items() if field.initial is not None}
    return {name: value for name, value in facts.items() if value is not False} | {
        "name": "Ours", "reason": "Board",
    }  # fmt: skip


def test_a_changed_cell_leaves_judgements_to_be_made_again_and_moves_none(client, form):
    risk = make_risk(residual=(3, 3))

    answer = client.post(reverse("risks:matrix_edit"), form | {"cell-3-3": "high"}, follow=True)

    risk.refresh_from_db()
    assert (risk.level, risk.residual.level) == ("moderate", "moderate")
    assert risk.reassess_since is not None
    assert risk.code in answer.content.decode()


def test_new_rates_alone_leave_every_judgement_as_it_is(client, form):
    risk = make_risk(residual=(3, 3))

    client.post(reverse("risks:matrix_edit"), form | {"upper-3": "2.5"})

    risk.refresh_from_db()
    assert risk.reassess_since is None
    assert RiskMatrix.objects.active().get().scale.rate_edges()[2] == 2.5


def test_a_likelier_risk_with_a_milder_level_is_refused_with_a_sentence(client, form):
    answer = client.post(reverse("risks:matrix_edit"), form | {"cell-5-5": "low"})

    assert answer.status_code == 422
    assert "milder" in answer.content.decode()
