"""Import and export: untouched it changes nothing, bad rows say why, good rows go in."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from risks.imports.columns import map_headings
from risks.imports.reading import UnreadableFileError, read_sheet
from risks.models import RegisterVersion, Risk
from risks.services.register_import import import_register
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import judge, make_category, make_risk
from tests.risks.test_several_matrices import put_in_force

pytestmark = pytest.mark.django_db


def sheet(*rows):
    """Rows as dictionaries, written as CSV and read back."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, keys)
    writer.writeheader()
    writer.writerows(rows)
    return read_sheet("register.csv", text.getvalue().encode())


def take(*rows, **fields):
    return import_register(rows=sheet(*rows).rows, **({"actor": None, "at": NOON} | fields))


def new_row(**fields):
    make_category()
    owner = fields.pop("owner", None) or make_user().username
    return {"title": "Tills stop", "category": "availability", "owner": owner} | fields


def full_register():
    asset = make_asset(code="APP-POS")
    risk = make_risk(
        title="=SUM(A1)",
        cause="Line one\r\nline two, with “quotes” and a ; too",
        consequence="-3 per day",
        assets=[asset, make_asset()],
        business_owner=make_user(),
        review_on=NOON.date(),
    )
    for kind, place in (("inherent", (5, 5)), ("residual", (3, 4)), ("target", (2, 2))):
        judge(risk, *place, kind=kind)
    make_risk(title="'already quoted")
    make_risk(title="007")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_untouched_export_changes_nothing(client, ending):
    full_register()
    client.force_login(make_user(Role.RISK_MANAGER))
    content = client.get(f"{reverse('risks:export')}?as={ending}").content

    report = import_register(rows=read_sheet(f"r.{ending}", content).rows, actor=None, at=NOON)

    assert (report.changes, report.errors) == ([], [])
    assert (report.change_count, report.unchanged) == (0, 3)


def test_a_new_row_becomes_a_risk_with_its_levels():
    take(new_row(residual_likelihood="4", residual_impact="5"))

    risk = Risk.objects.get()
    assert (risk.title, risk.level) == ("Tills stop", "extreme")


def test_a_changed_cell_is_the_only_change():
    risk = make_risk(title="Old", cause="Stays")

    report = take({"code": risk.code, "title": "New"})

    assert [(one.field, one.before, one.after) for one in report.changes] == [
        ("title", "Old", "New")
    ]
    risk.refresh_from_db()
    assert (risk.title, risk.cause) == ("New", "Stays")


def test_a_dry_run_says_the_same_and_changes_nothing():
    risk = make_risk(title="Old")
    rows = ({"code": risk.code, "title": "New"}, new_row(code=""))

    report = take(*rows, dry_run=True)

    assert report.change_count == 2
    assert Risk.objects.get().title == "Old"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"category": "weather"}, "weather"),
        ({"owner": "nobody"}, "nobody"),
        ({"title": ""}, "title"),
        ({"review_on": "soon"}, "date"),
        ({"residual_likelihood": "6", "residual_impact": "1"}, "1 to 5"),
        ({"residual_likelihood": "3"}, "together"),
        ({"assets": "NONE"}, "NONE"),
        ({"code": "RISK-1"}, "RISK-1"),
    ],
)
def test_a_bad_row_says_why_and_leaves_the_good_ones_alone(wrong, sentence):
    report = take(new_row(title="Good"), new_row(**wrong))

    assert [risk.title for risk in Risk.objects.all()] == ["Good"]
    (error,) = report.errors
    assert error.line == 3
    assert sentence in error.sentence


def test_a_code_twice_in_one_file_is_refused_the_second_time():
    risk = make_risk()

    report = take({"code": risk.code, "title": "One"}, {"code": risk.code, "title": "Two"})

    assert "line 2" in report.errors[0].sentence
    assert Risk.objects.get().title == "One"


def test_somebody_cannot_change_risks_they_may_not_see():
    risk = make_risk(title="Old", assets=[make_asset(site=make_site())])

    report = take({"code": risk.code, "title": "New"}, actor=make_user(Role.VIEWER))

    assert report.errors
    assert Risk.objects.get().title == "Old"


def test_headings_are_known_in_both_languages_and_many_mouths():
    meaning, strange = map_headings(["Kode Risiko", "RISK TITLE", "Pemilik", "Colour", ""])

    assert meaning == {0: "code", 1: "title", 2: "owner"}
    assert strange == ["Colour"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"a,b\n1,2\n",
        b"\x00\x01\x02",
        b"PK\x03\x04 not a workbook",
        b"x" * (4 * 1024 * 1024 + 1),
        b"title\n" + b"x\n" * 10_001,
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(content):
    with pytest.raises(UnreadableFileError):
        read_sheet("register.xlsx", content)


def test_a_semicolon_file_with_a_byte_order_mark_is_read():
    content = "\ufeffcode;title\nR-001;Tills; stop\n".encode()

    assert read_sheet("r.csv", content).rows[0].values["title"] == "Tills"


def test_the_command_prints_what_it_did(tmp_path, capsys):
    risk = make_risk(title="Old")
    file = tmp_path / "register.csv"
    file.write_text(f"Code,Title\n{risk.code},New\n")

    call_command("import_register", str(file), "--dry-run")
    call_command("import_register", str(file))
    call_command("import_register", str(file))

    said = capsys.readouterr().out
    assert "title: Old -> New" in said
    assert "1 would be changed" in said
    assert "0 changes" in said


def test_the_command_refuses_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_register", str(tmp_path / "none.csv"))


def test_the_page_shows_first_and_does_then(client):
    risk = make_risk(title="Old")
    client.force_login(make_user(Role.RISK_MANAGER))
    file = SimpleUploadedFile("r.csv", f"Code,Title\n{risk.code},New\n".encode())

    tried = client.post(reverse("risks:import"), {"file": file}, follow=True)
    risk.refresh_from_db()
    assert "What would change" in tried.content.decode()
    assert risk.title == "Old"
    run = tried.request["PATH_INFO"] + "run/"
    assert "What changed" in client.post(run, follow=True).content.decode()

    risk.refresh_from_db()
    assert risk.title == "New"


def test_the_page_refuses_a_picture(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    file = SimpleUploadedFile("register.xlsx", b"\x89PNG\r\n\x1a\n\x00\x00")

    answer = client.post(reverse("risks:import"), {"file": file, "dry_run": "on"})

    assert answer.status_code == 422
    assert "neither a CSV nor an XLSX" in answer.content.decode()


def test_a_row_that_changes_the_category_is_judged_by_the_new_ones_matrix():
    put_in_force("safety", 4, 6)
    risk = make_risk()
    safety = make_category(code="safety", matrix_family="safety")

    report = take(
        {
            "code": risk.code,
            "category": "safety",
            "residual_likelihood": "4",
            "residual_impact": "6",
        }
    )

    risk.refresh_from_db()
    assert report.errors == []
    assert (risk.category, risk.residual.matrix.family) == (safety, "safety")


def test_new_rows_get_one_code_after_another_and_none_that_is_taken():
    row = new_row()

    report = take(row, row | {"code": "R-002"}, row, row)

    assert report.errors == []
    assert report.created[:2] == ["R-001", "R-002"]
    assert len(set(report.created)) == Risk.objects.count() == 4


def queries_of(rows):
    with CaptureQueriesContext(connection) as asked:
        take(*rows)
    return len(asked)


def test_forty_new_risks_cost_the_questions_of_ten():
    row = new_row(
        residual_likelihood="4", residual_impact="5", inherent_likelihood="5", inherent_impact="5"
    )
    take(row)

    many, few = queries_of([row] * 40), queries_of([row] * 10)
    # A store that takes so many values at a time is asked once or twice more.
    assert many - few <= 3


def test_a_new_risk_of_a_file_leaves_the_trail_of_one_that_was_typed():
    site = make_asset(code="APP-POS")
    take(new_row(residual_likelihood="4", residual_impact="5", assets="APP-POS", rationale="Seen"))
    risk = Risk.objects.get()

    rows = AuditRow.objects.filter(object_kind="risks.risk", object_id=str(risk.pk))
    identified, assessed = rows.order_by("seq")
    assert (identified.action, assessed.action) == ("risk.identify", "risk.assess_residual")
    assert assessed.reason == "Seen"
    assert risk.residual.assessed_on == NOON.date()
    assert risk.review_on is not None, "its level says when it is due again"
    assert [one.pk for one in risk.assets.all()] == [site.pk]
    kept = RegisterVersion.objects.filter(kind="risk", subject_id=risk.pk).get()
    assert kept.facts["residual"]["level"] == risk.level
    assert kept.facts["assets"] == ["APP-POS"]


def test_a_code_that_stands_in_the_register_unseen_is_refused_and_its_neighbours_go_in():
    elsewhere = make_asset(site=make_site())
    hidden = make_risk(code="R-700", assets=[elsewhere])
    importer = make_user(Role.BUSINESS_OWNER)
    assert not Risk.objects.visible_to(importer).exists()

    rows = [new_row(), new_row(code="R-700"), new_row(code="R-801"), new_row()]
    report = take(*rows, actor=importer)

    assert [error.line for error in report.errors] == [3]
    assert "already exists" in report.errors[0].sentence
    assert report.created == ["R-701", "R-801", "R-802"]
    hidden.refresh_from_db()
    assert hidden.title != "Tills stop"
