"""A selection is told what to do row by row, and a field is changed where it stands."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from tests.shared.lists_scene import Reader, User, edit, make_person, page, tell

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _alone(settings, monkeypatch):
    # What other rooms lend to lists is tested with those rooms.
    monkeypatch.setattr("bcp_portal.shared.lists.registry._kept", [])
    monkeypatch.setattr("bcp_portal.shared.lists.registry._hooks", [])
    settings.ROOT_URLCONF = "tests.shared.list_urls"


def switched_off() -> list[str]:
    return sorted(User.objects.filter(is_active=False).values_list("username", flat=True))


def test_selected_rows_are_changed_and_the_others_are_not():
    ani, budi, _tono = make_person("ani"), make_person("budi"), make_person("tono")

    _response, said = tell({"action": "off", "ids": [str(ani.pk), str(budi.pk)]})

    assert switched_off() == ["ani", "budi"]
    assert said == ["Switch off: 2 rows done."]


def test_a_refused_row_keeps_its_sentence_and_stops_nobody_else():
    rows = [make_person(name) for name in ("ani", "root", "tono")]

    _response, said = tell({"action": "off", "ids": [str(row.pk) for row in rows]})

    assert switched_off() == ["ani", "tono"]
    assert said == ["Switch off: 2 rows done.", "root: Root stays."]


def test_all_that_match_are_changed_over_all_pages():
    for number in range(60):
        make_person(f"p0-{number:02}")
    make_person("other")

    tell({"action": "off", "all": "1", "query": "?q=p0+p&per=25"})

    assert len(switched_off()) == 60


def test_a_forged_key_reaches_no_row_outside_what_is_visible():
    hidden, shown = make_person("hidden"), make_person("shown")
    visible = User.objects.filter(username="shown")

    tell({"action": "off", "ids": [str(hidden.pk), str(shown.pk), "x", "9" * 40]}, rows=visible)

    assert switched_off() == ["shown"]


def test_nothing_selected_or_no_move_is_a_sentence():
    assert tell({"action": "off"})[1] == ["No row was selected."]
    assert tell({"action": "explode"})[1] == ["Choose what to do with the selected rows."]


def test_too_many_rows_are_refused_as_a_whole(monkeypatch):
    monkeypatch.setattr("bcp_portal.shared.lists.bulk.BULK_LIMIT", 2)
    for name in ("a", "b", "c"):
        make_person(name)

    _response, said = tell({"action": "off", "all": "1", "query": ""})

    assert switched_off() == []
    assert said == ["At most 2 rows can be changed at once; narrow the list first."]


def test_a_stranger_to_the_move_is_refused():
    row = make_person("ani")

    with pytest.raises(PermissionDenied):
        tell({"action": "off", "ids": [str(row.pk)]}, user=Reader())

    assert "Switch off" not in page("", user=Reader())
    assert "Switch off" in page("", user=Reader("p.edit"))


def test_a_move_with_a_form_needs_it_filled_in():
    row = make_person("ani")

    _response, said = tell({"action": "why", "ids": [str(row.pk)]})
    assert said == ["reason: This field is required."]
    assert switched_off() == []

    tell({"action": "why", "ids": [str(row.pk)], "why-reason": "left"})
    assert switched_off() == ["ani"]


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil", ""])
def test_the_way_back_leads_to_no_other_host(elsewhere):
    response, _said = tell({"action": "off", "next": elsewhere})

    assert response["Location"] == "/"


def test_the_way_back_is_the_list_as_it_was():
    response, _said = tell({"action": "off", "next": "/people/?q=a&page=2"})

    assert response["Location"] == "/people/?q=a&page=2"


def test_a_field_shows_its_form_and_then_its_new_value():
    row = make_person("ani")

    form = edit(row, "email", query="?part=cell").content.decode()
    cell = edit(row, "email", post={"email": "new@example.org"}, query="?part=cell")

    assert 'value="ani@example.org"' in form
    assert "new@example.org" in cell.content.decode()
    assert User.objects.get().email == "new@example.org"


def test_a_refusal_stands_at_the_field_and_what_was_typed_stays():
    row = make_person("ani")

    html = edit(row, "email", post={"email": "bad one"}, query="?part=cell").content.decode()

    assert "That address is not ours." in html
    assert 'value="bad one"' in html


def test_only_listed_fields_of_visible_rows_may_be_changed():
    row = make_person("ani")

    for column in ("username", "is_superuser", "nothing"):
        with pytest.raises(Http404):
            edit(row, column, post={column: "x"})
    with pytest.raises(Http404):
        edit(row, "email", post={"email": "x"}, rows=User.objects.none())
    with pytest.raises(PermissionDenied):
        edit(row, "email", post={"email": "x"}, user=Reader("p.other"))


def test_without_scripts_a_saved_field_leads_back_to_the_list():
    row = make_person("ani")

    response = edit(row, "email", post={"email": "n@example.org", "next": "/people/?q=a"})

    assert (response.status_code, response["Location"]) == (302, "/people/?q=a")
