"""What people say about a risk and put beside it."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assets.changes import BadFactsError
from bcp_portal.accounts.roles import Role
from risks.filing import MOST_BYTES, ForbiddenFileError, check_file
from risks.models import RiskFile
from risks.services.discussion import file_on_risk, link_page, remark_on_risk
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_risk

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 evidence"


def attach(client, risk, name, content):
    upload = SimpleUploadedFile(name, content)
    return client.post(reverse("risks:attach", args=[risk.code]), {"file": upload})


def test_a_file_beside_a_risk_keeps_its_hash_and_comes_back_as_a_download(client):
    risk = make_risk()
    client.force_login(make_user(Role.RISK_MANAGER))

    attach(client, risk, "../Uji pemulihan.pdf", PDF)

    page = client.get(reverse("risks:detail", args=[risk.code]))
    assert "Uji pemulihan.pdf" in page.content.decode()
    assert hashlib.sha256(PDF).hexdigest() in page.content.decode()
    file = client.get(reverse("risks:file", args=[RiskFile.objects.get().pk]))
    assert file.content == PDF
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Disposition"] == 'attachment; filename="Uji pemulihan.pdf"'
    assert "sandbox" in file["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("picture.svg", b"<svg onload='alert(1)'/>"),
        ("run.exe", b"MZ"),
        ("macros.xlsm", b"PK\x03\x04"),
        ("evidence.pdf", b"<html>not a pdf</html>"),
        ("notes.txt", b"\x7fELF\x00\x00"),
        ("nothing.txt", b""),
        ("no-ending", b"text"),
    ],
)
def test_a_file_of_a_dangerous_or_lying_kind_is_refused(name, content):
    with pytest.raises(ForbiddenFileError):
        check_file(name, content)


def test_a_file_that_is_too_large_is_refused_with_a_sentence(client):
    client.force_login(make_user(Role.RISK_MANAGER))

    answer = attach(client, make_risk(), "big.txt", b"a" * (MOST_BYTES + 1))

    assert answer.status_code == 422
    assert "larger than 8 MB" in answer.content.decode()
    assert not RiskFile.objects.exists()


def test_the_same_file_twice_beside_a_risk_is_refused():
    risk, user = make_risk(), make_user()
    file_on_risk(risk=risk, name="a.pdf", content=PDF, actor=user, at=NOON)

    with pytest.raises(BadFactsError, match=r"a\.pdf"):
        file_on_risk(risk=risk, name="b.pdf", content=PDF, actor=user, at=NOON)


def test_a_file_of_a_risk_of_another_site_is_not_there(client):
    risk = make_risk(assets=[make_asset(site=make_site())])
    file = file_on_risk(risk=risk, name="a.pdf", content=PDF, actor=risk.owner, at=NOON)
    client.force_login(make_user(Role.BUSINESS_OWNER))

    assert client.get(reverse("risks:file", args=[file.pk])).status_code == 404


def test_a_file_taken_away_leaves_its_hash_and_the_reason_in_the_history(client):
    risk = make_risk()
    file = file_on_risk(risk=risk, name="a.pdf", content=PDF, actor=risk.owner, at=NOON)
    client.force_login(make_user(Role.RISK_MANAGER))

    client.post(reverse("risks:file_remove", args=[file.pk]), {"reason": "wrong customer"})

    page = client.get(reverse("risks:detail", args=[risk.code])).content.decode()
    assert client.get(reverse("risks:file", args=[file.pk])).status_code == 404
    assert "wrong customer" in page
    assert reverse("risks:file", args=[file.pk]) not in page


def test_a_remark_stands_on_the_page_of_the_risk(client):
    risk = make_risk()
    client.force_login(make_user(Role.AUDITOR))

    client.post(reverse("risks:remark", args=[risk.code]), {"text": "Who tests <b>this</b>?"})

    page = client.get(reverse("risks:detail", args=[risk.code])).content.decode()
    assert "Who tests &lt;b&gt;this&lt;/b&gt;?" in page


def test_a_viewer_reads_remarks_and_says_nothing(client):
    risk = make_risk()
    remark_on_risk(risk=risk, text="Known since May", actor=risk.owner, at=NOON)
    client.force_login(make_user(Role.VIEWER))

    assert client.post(reverse("risks:remark", args=[risk.code])).status_code == 403
    assert "Known since May" in client.get(f"/risks/{risk.code}/").content.decode()


def test_a_link_that_is_no_page_is_refused():
    risk, user = make_risk(), make_user()

    with pytest.raises(BadFactsError):
        link_page(risk=risk, label="x", url="javascript:alert(1)", actor=user, at=NOON)
