"""An outside register: its columns are mapped and remembered, tried, imported, taken back."""

import io
import zipfile
from contextlib import suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from risks.default_matrix import LIKELIHOODS
from risks.imports.columns import propose
from risks.imports.reading import MOST_EMPTY, read_table
from risks.imports.values import read_day, read_step
from risks.models import HeadingMeaning, ImportBatch, RegisterVersion, Risk
from risks.scoring import Step
from risks.services.import_batch import read_file, run_batch, start_batch, undo_batch
from risks.services.risk import edit_risk
from tests.make import LATER, NOON, make_user
from tests.make_risks import make_category, make_risk

pytestmark = pytest.mark.django_db
STEPS = tuple(Step(**one) for one in LIKELIHOODS)
INDONESIAN = (
    "No;Peristiwa Risiko;Kategori;Penyebab;Pemilik Risiko;Kemungkinan;Dampak;"
    "Tanggal Tinjauan;Warna\n"
    ";Kasir mati;Ketersediaan;Listrik padam;maya;Mungkin;4,0;31/12/2026;merah\n"
    ";Data rusak;Ketersediaan;Disk;maya;2 - Kecil;5;1 Februari 2027;kuning\n"
    ";Tanpa pemilik;Ketersediaan;;siapa;3;3;2026-13-45;hijau\n"
)  # fmt: skip


def bring(text, *, actor=None, dry_run=False):
    make_category()
    actor = actor or make_user(Role.RISK_MANAGER)
    content = text if isinstance(text, bytes) else text.encode("utf-16")
    batch = read_file(file_name="luar.csv", content=content, actor=actor, at=NOON)
    start_batch(batch=batch, dry_run=dry_run, actor=actor, at=NOON)
    run_batch(subject_id=batch.pk, at=NOON, again=False)
    batch.refresh_from_db()
    return batch


@pytest.fixture
def maya():
    make_category().__class__.objects.filter(code="availability").update(name_id="Ketersediaan")
    return make_user(Role.RISK_MANAGER, username="maya")


def test_an_indonesian_register_with_its_own_columns_goes_in(maya):
    batch = bring(INDONESIAN, actor=maya)

    assert batch.status == "done"
    assert len(batch.report["created"]) == 2
    first = Risk.objects.get(title="Kasir mati")
    assert (first.residual.likelihood, first.residual.impact) == (3, 4)
    assert str(first.review_on) == "2026-12-31"
    assert batch.report["errors"][0]["line"] == 4


def test_a_dry_run_says_what_would_be_and_changes_nothing(maya):
    batch = bring(INDONESIAN, actor=maya, dry_run=True)

    assert batch.status == "tried"
    assert len(batch.report["created"]) == 2
    assert not Risk.objects.exists()
    assert not RegisterVersion.objects.exists()


def test_an_import_is_taken_back_except_for_what_was_changed_since(maya):
    kept = make_risk(title="Old", cause="Old cause", owner=maya)
    code = kept.code
    batch = bring(f"Code;Title;Cause\n{code};New;New cause\n".encode(), actor=maya)
    edit_risk(risk=kept, facts={"title": "Newer"}, actor=maya, at=LATER)

    left = undo_batch(batch=batch, actor=maya, at=LATER)

    kept.refresh_from_db()
    assert (kept.title, kept.cause) == ("Newer", "Old cause")
    assert left == [f"{code}: title"]


def test_new_risks_and_judgements_of_an_undone_import_go_again(maya):
    judged = make_risk(owner=maya)
    text = f"Code;Title;Owner;Category;Likelihood;Impact\n{judged.code};x;maya;availability;5;5\n"
    batch = bring((text + ";Fresh;maya;availability;1;1\n").encode(), actor=maya)

    undo_batch(batch=batch, actor=maya, at=LATER)

    judged.refresh_from_db()
    assert (judged.level, judged.residual) == ("", None)
    assert Risk.objects.get(title="Fresh").status == "retired"


def test_a_corrected_mapping_is_remembered_for_the_next_file(client, maya):
    client.force_login(maya)

    def send():
        file = SimpleUploadedFile("r.csv", b"Wobble,Title\nDust,Tills\n")
        return client.post(reverse("risks:import"), {"file": file}, follow=True)

    address = send().request["PATH_INFO"]
    client.post(address + "map/", {"column-0": "cause", "column-1": "title"})

    assert HeadingMeaning.objects.get(heading="wobble").key == "cause"
    send()
    assert ImportBatch.objects.order_by("-pk").first().meaning == ["cause", "title"]


def test_rows_left_out_come_back_as_a_file_with_the_reason(client, maya):
    client.force_login(maya)
    batch = bring(INDONESIAN, actor=maya)

    answer = client.get(reverse("risks:import_errors", args=[batch.uid]))
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)

    assert rows[1][0] == 4
    assert "siapa" in rows[1][1]
    assert "Tanpa pemilik" in rows[1]


def test_an_outside_register_comes_back_as_0_changes(client, maya):
    bring(INDONESIAN, actor=maya)
    client.force_login(maya)
    out = client.get(reverse("risks:export")).content
    again = SimpleUploadedFile("register.xlsx", out)

    shown = client.post(reverse("risks:import"), {"file": again}, follow=True).content.decode()

    assert "0 changes" in shown


def test_two_thousand_rows_are_work_in_the_background_in_portions(maya):
    text = "Title;Owner;Category;Likelihood;Impact\n" + "".join(
        f"Risk {n};maya;availability;{n % 5 + 1};3\n" for n in range(450)
    )
    batch = read_file(file_name="a.csv", content=text.encode(), actor=maya, at=NOON)
    make_category()
    start_batch(batch=batch, dry_run=False, actor=maya, at=NOON)

    run_batch(subject_id=batch.pk, at=NOON, again=False)
    run_batch(subject_id=batch.pk, at=NOON, again=True)

    batch.refresh_from_db()
    assert (Risk.objects.count(), batch.rows_done) == (450, 450)


def test_a_million_empty_rows_and_formulas_and_merged_cells_do_no_harm():
    book = Workbook()
    sheet = book.active
    sheet.append(["Title", "Owner"])
    sheet.append(["=1+1", "maya"])
    sheet.merge_cells("A3:A4")
    sheet["A3"] = "Merged"
    sheet.cell(row=1_000_000, column=1, value=None)
    sheet.row_dimensions[MOST_EMPTY + 900].height = 3
    file = io.BytesIO()
    book.save(file)

    table = read_table(file.getvalue())

    assert [line for line, _cells in table] == [1, 2, 3]


def test_a_zip_that_is_no_workbook_is_refused_with_a_sentence(client, maya):
    client.force_login(maya)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "x")

    answer = client.post(
        reverse("risks:import"), {"file": SimpleUploadedFile("r.xlsx", file.getvalue())}
    )

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "text",
    ["2026-12-31", "31/12/2026", "31.12.26", "12/31/2026", "31 Desember 2026", "Dec 31, 2026",
     "31-Des-2026", "2026-12-31T00:00:00"],
)  # fmt: skip
def test_days_are_read_as_people_write_them(text):
    assert str(read_day(text)) == "2026-12-31"


@given(st.text(max_size=12))
def test_whatever_stands_in_a_cell_is_a_day_or_a_sentence(text):
    for read in (read_day, lambda one: read_step(one, STEPS)):
        with suppress(BadFactsError):
            read(text)


@given(st.dates())
def test_a_day_written_by_us_is_read_as_the_same_day(day):
    assert read_day(day.isoformat()) == day


def test_headings_are_proposed_as_remembered_as_known_or_as_nearly_spelt():
    assert propose(["Tittle", "Pemilik Risko", "Farbe", "Xyz"], {"xyz": "cause"}) == [
        "title", "owner", "", "cause",
    ]  # fmt: skip
