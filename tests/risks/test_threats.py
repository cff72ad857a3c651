"""What brings a risk about and on whom it depends: threats and third parties (G1, G5)."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from assets.models import ThirdParty
from bcp_portal.accounts.roles import Role
from risks.imports.reading import read_sheet
from risks.models import Risk, Threat
from risks.selectors.as_of import difference_of, picture_of
from risks.services.import_batch import read_file, run_batch, start_batch, undo_batch
from risks.services.register_import import import_register
from risks.services.risk import edit_risk
from risks.services.threat import ThreatRetiredError, edit_threat, retire_threat
from tests.make import NOON, make_user
from tests.make_risks import make_category, make_risk, make_threat
from tests.risks.test_import import new_row, take

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def make_partner(code="TELCO", name="Telco Nusantara"):
    return ThirdParty.objects.get_or_create(code=code, defaults={"name": name})[0]


def codes(things):
    return sorted(one.code for one in things.all())


def test_a_risk_is_identified_with_its_threats_and_third_parties(client):
    manager = make_user(Role.RISK_MANAGER)
    client.force_login(manager)
    power, fire, telco = make_threat(), make_threat("FIRE"), make_partner()
    facts = {"title": "Dark shops", "category": make_category().pk, "owner": manager.pk}

    client.post(
        reverse("risks:add"),
        facts | {"threats": [power.pk, fire.pk], "third_parties": [telco.pk]},
    )

    risk = Risk.objects.get()
    assert (codes(risk.threats), codes(risk.third_parties)) == (["FIRE", "POWER"], ["TELCO"])
    page = client.get(reverse("risks:detail", args=[risk.code])).text
    assert "Power" in page
    assert "Telco Nusantara" in page


def test_a_change_of_threats_is_in_the_history_and_in_the_difference_of_two_days():
    risk, actor = make_risk(), make_user()
    edit_risk(risk=risk, facts={}, threats=[make_threat()], actor=actor, at=NOON)
    edit_risk(
        risk=risk,
        facts={},
        threats=[make_threat("FIRE")],
        third_parties=[make_partner()],
        actor=actor,
        at=NOON + 2 * HOUR,
    )

    changed = difference_of(
        picture_of("risk", NOON + HOUR, user=None), picture_of("risk", NOON + 3 * HOUR, user=None)
    ).changed

    assert {(one.field, one.before, one.after) for one in changed[0].fields} == {
        ("threats", "POWER", "FIRE"),
        ("third_parties", "", "TELCO"),
    }


def test_what_is_not_said_about_threats_stays():
    risk = make_risk()
    edit_risk(risk=risk, facts={}, threats=[make_threat()], actor=make_user(), at=NOON)

    edit_risk(risk=risk, facts={"title": "Other"}, actor=make_user(), at=NOON)

    assert codes(risk.threats) == ["POWER"]


def test_threats_and_third_parties_travel_through_a_file_and_back_with_0_changes(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    risk = make_risk()
    risk.threats.set([make_threat(), make_threat("FIRE")])
    risk.third_parties.set([make_partner()])

    content = client.get(f"{reverse('risks:export')}?as=csv").content
    report = import_register(rows=read_sheet("r.csv", content).rows, actor=None, at=NOON)

    assert b'"FIRE, POWER",TELCO' in content
    assert (report.changes, report.errors, report.unchanged) == ([], [], 1)


def test_a_file_names_threats_by_code_or_by_name_and_an_unknown_one_is_a_sentence():
    make_threat(name_id="Listrik padam"), make_partner()
    rows = [
        new_row(Threats="listrik padam", Vendor="Telco Nusantara"),
        new_row(Threats="Dragons"),
    ]

    report = take(*rows)

    assert codes(Risk.objects.get().threats) == ["POWER"]
    assert codes(Risk.objects.get().third_parties) == ["TELCO"]
    assert "Dragons" in report.errors[0].sentence


def test_an_undone_import_gives_back_the_threats_of_before():
    manager, risk = make_user(Role.RISK_MANAGER), make_risk()
    risk.threats.set([make_threat()])
    make_threat("FIRE")
    content = f"Code,Threats\n{risk.code},FIRE\n".encode()
    batch = read_file(file_name="r.csv", content=content, actor=manager, at=NOON)
    for dry_run in (True, False):
        batch = start_batch(batch=batch, dry_run=dry_run, actor=manager, at=NOON)
        run_batch(subject_id=batch.pk, at=NOON, again=False)
    assert codes(risk.threats) == ["FIRE"]

    assert undo_batch(batch=batch, actor=manager, at=NOON) == []

    assert codes(risk.threats) == ["POWER"]


@pytest.mark.parametrize("name", ["threat", "third_party"])
def test_the_register_is_narrowed_to_a_threat_a_third_party_or_none(client, name):
    client.force_login(make_user(Role.RISK_MANAGER))
    thing = make_threat() if name == "threat" else make_partner()
    named, unnamed = make_risk(), make_risk()
    (named.threats if name == "threat" else named.third_parties).set([thing])

    for asked, shown, hidden in ((thing.pk, named, unnamed), ("none", unnamed, named)):
        text = client.get(f"{reverse('risks:register')}?{name}={asked}").text
        assert f">{shown.code}<" in text
        assert f">{hidden.code}<" not in text


def test_the_api_says_and_takes_threats_and_keeps_assets_it_was_not_told_about(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    risk = make_risk()
    make_threat(), make_partner()
    address = f"/api/v1/risks/{risk.code}/"

    answer = client.post(
        f"{address}edit/",
        {"threats": ["POWER"], "third_parties": ["TELCO"]},
        content_type="application/json",
    ).json()

    assert (answer["threats"], answer["third_parties"]) == (["POWER"], ["TELCO"])
    assert client.get("/api/v1/risks/?threats__code=POWER").json()["count"] == 1


def test_the_catalogue_counts_the_risks_of_each_threat_and_those_without(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    power = make_threat()
    for _number in range(2):
        make_risk().threats.set([power])
    make_risk()

    page = client.get(reverse("risks:threats"))

    # The catalogue that came along is there, too, unless a test before emptied the store.
    named = {one.code: one.many for one in page.context["rows"] if one.many}
    assert named == {"POWER": 2}
    assert "1 risk in force names no threat" in page.text


def test_a_threat_is_added_renamed_and_retired_on_its_pages(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    client.post(reverse("risks:threat_add"), {"code": "locust", "name": "Locusts"})
    client.post(reverse("risks:threat_edit", args=["LOCUST"]), {"name": "Locusts or mice"})
    client.post(reverse("risks:threat_retire", args=["LOCUST"]), {"reason": "Merged"})

    threat = Threat.objects.get(code="LOCUST")
    assert threat.name == "Locusts or mice"
    assert threat.retired_on is not None
    form = client.get(reverse("risks:add")).context["form"]
    assert threat not in form.fields["threats"].queryset


def test_a_retired_threat_changes_no_more_and_stays_named():
    threat, risk = make_threat(), make_risk()
    risk.threats.set([threat])
    retire_threat(threat=threat, reason="Merged", on=NOON.date(), actor=make_user(), at=NOON)

    with pytest.raises(ThreatRetiredError):
        edit_threat(threat=threat, facts={"name": "Other"}, actor=make_user(), at=NOON)
    assert codes(risk.threats) == ["POWER"]


def test_a_register_begins_with_a_catalogue_in_both_languages():
    import_module("risks.migrations.0017_first_threats").forwards(apps, None)

    assert Threat.objects.in_use().count() > 10
    assert not Threat.objects.filter(name_id="").exists()
