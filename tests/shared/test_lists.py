"""Lists answer what was asked, name what they did not understand, and cost fixed queries."""

from datetime import UTC, datetime

import pytest

from bcp_portal.shared import lists
from tests.shared.lists_scene import NOON, Reader, User, ask, make_person, make_spec, names, page

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _alone(settings, monkeypatch):
    # What other rooms lend to lists is tested with those rooms.
    monkeypatch.setattr("bcp_portal.shared.lists.registry._kept", [])
    monkeypatch.setattr("bcp_portal.shared.lists.registry._hooks", [])
    settings.ROOT_URLCONF = "tests.shared.list_urls"


def test_rows_come_in_the_usual_order():
    make_person("tono")
    make_person("ani")

    assert names() == ["ani", "tono"]


def test_a_listed_column_sorts_both_ways():
    make_person("ani", email="z@example.org")
    make_person("tono", email="a@example.org")

    assert names("?sort=email") == ["tono", "ani"]
    assert names("?sort=-email") == ["ani", "tono"]


@pytest.mark.parametrize(
    "sort", ["is_superuser", "password", "groups__name", "username__iregex", "?"]
)
def test_nothing_but_listed_columns_sorts(sort):
    make_person("ani")

    html = page("?sort=" + sort.replace("?", "%3F"))

    assert "cannot be sorted by" in html
    assert "ani" in html


def test_empty_values_come_last_whichever_way():
    make_person("ani", last_login=None)
    make_person("tono", last_login=NOON)

    assert names("?sort=last_login") == ["tono", "ani"]
    assert names("?sort=-last_login") == ["tono", "ani"]


def test_ties_are_broken_so_that_no_row_is_on_two_pages():
    for number in range(60):
        make_person(f"p{number:02}")

    first = names("?sort=is_active&per=25")
    second = names("?sort=is_active&per=25&page=2")
    third = names("?sort=is_active&per=25&page=3")

    assert sorted(first + second + third) == [f"p{number:02}" for number in range(60)]


def test_all_words_must_match_somewhere():
    make_person("ani", email="ani@gudang.id")
    make_person("budi", email="budi@gudang.id")
    make_person("anton", email="anton@toko.id")

    assert names("?q=gudang+ni") == ["ani"]


def test_unicode_and_wild_cards_are_only_words():
    make_person("søren")
    make_person("percent", email="100%_sure@example.org")

    assert names("?q=søren") == ["søren"]
    assert names("?q=%25_") == ["percent"]


def test_a_search_with_a_nul_is_harmless():
    make_person("ani")

    assert names("?q=a%00zz") == []
    assert names("?q=%00ani") == ["ani"]


def test_a_choice_takes_several_values():
    make_person("ani", is_active=False)
    make_person("tono")

    assert names("?active=True&active=False") == ["ani", "tono"]
    assert names("?active=False") == ["ani"]


def test_an_unknown_choice_is_named_and_left_out():
    make_person("ani")

    html = page("?active=maybe")

    assert "has no “maybe”" in html
    assert names("?active=maybe") == ["ani"]


def test_a_day_is_the_readers_day(settings):
    settings.TIME_ZONE = "Asia/Jakarta"
    make_person("early", date_joined=datetime(2026, 3, 31, 16, 59, tzinfo=UTC))
    make_person("late", date_joined=datetime(2026, 3, 31, 17, 0, tzinfo=UTC))

    assert names("?date_joined_to=2026-03-31") == ["early"]
    assert names("?date_joined_from=2026-04-01") == ["late"]


def test_a_range_that_cannot_be_read_says_how_to_write_it():
    html = page("?date_joined_from=31%2F3&pk_min=lots&pk_max=1e99&date_joined_to=0001-01-01")

    assert "a day like 2026-03-31, not “31/3”" in html
    assert "a number like 12.5, not “lots”" in html
    assert "not “1e99”" in html
    assert "not “0001-01-01”" in html


def test_half_a_number_keeps_only_what_lies_beyond_it():
    make_person("one", pk=1)
    make_person("two", pk=2)

    assert names("?pk_min=1.5") == ["two"]
    assert names("?pk_max=1,5") == ["one"]


def test_parameters_nobody_knows_are_ignored_aloud():
    make_person("ani")

    html = page("?is_superuser=1&password__startswith=a")

    assert "Not understood and ignored: “is_superuser”, “password__startswith”." in html
    assert "ani" in html


@pytest.mark.parametrize("number", ["abc", "-1", "1.5", "9" * 5000, "²"])
def test_a_page_that_is_no_number_is_the_first(number):
    make_person("ani")

    assert "is not a number of a page" in page(f"?page={number}")
    assert names(f"?page={number}") == ["ani"]


def test_a_page_beyond_the_end_is_the_last():
    make_person("ani")

    assert "There is no page 7" in page("?page=7")
    assert names("?page=7") == ["ani"]


def test_columns_are_chosen_in_the_order_given_and_the_code_stays():
    make_person("ani")

    html = page("?cols=pk,email")

    assert html.index('data-column="username"') < html.index('data-column="pk"')
    assert html.index('data-column="pk"') < html.index('data-column="email"')
    assert 'data-column="date_joined"' not in html


def test_a_column_without_its_permission_does_not_exist():
    make_person("ani", password="hush-hush")

    assert "hush-hush" not in page("?cols=password&sort=password")
    assert "has no column “password”" in page("?cols=password")
    assert "cannot be sorted by “password”" in page("?sort=password")
    assert "hush-hush" in page("?cols=password", user=Reader("p.secret"))


def test_a_usual_filter_holds_until_it_is_named():
    make_person("ani", is_active=False)
    make_person("tono")
    spec = make_spec(default_filters={"active": ("True",)})

    assert names("", spec=spec) == ["tono"]
    assert names("?active=", spec=spec) == ["ani", "tono"]
    assert 'href="/people/?active="' in page("", spec=spec)


def test_a_part_is_the_list_alone_and_names_the_whole_address():
    make_person("ani")

    response = ask("?part=results&sort=-email")

    assert response["HX-Push-Url"] == "/people/?sort=-email"
    assert response.content.decode().strip().startswith('<div class="list-results"')


def test_what_people_wrote_stays_text():
    make_person("x", email="<script>alert(1)</script>")

    html = page("?q=%22%3E%3Cb%3Escript")

    assert "<script>alert" not in page()
    assert "&lt;script&gt;" in page()
    assert "<b>script" not in html


def test_a_page_costs_its_counted_keys_and_its_rows(django_assert_num_queries):
    for number in range(120):
        make_person(f"p{number:03}")

    with django_assert_num_queries(2):
        page("?sort=-email&active=True&q=p&page=2")


def test_the_only_page_costs_no_more_than_any_other(django_assert_num_queries):
    make_person("ani")

    with django_assert_num_queries(2):
        page("?sort=-email&active=True")


def test_a_choice_may_fetch_its_options_once(django_assert_num_queries):
    make_person("ani")
    spec = make_spec(
        filters=(
            lists.choice(
                "who",
                "Who",
                field="pk",
                choices=lambda ask: User.objects.values_list("pk", "email"),
            ),
        )
    )

    with django_assert_num_queries(3):
        assert "ani@example.org" in page("", spec=spec)


def test_an_empty_list_says_what_belongs_here_and_a_narrow_one_how_to_widen():
    spec = make_spec(empty_title="No people yet")

    assert "No people yet" in page("", spec=spec)
    make_person("ani")
    assert "Nothing matches" in page("?q=zebra", spec=spec)


@pytest.mark.parametrize(
    "wrong",
    [
        {"default_sort": "nothing"},
        {"default_sort": "pk"},
        {"filters": (lists.yes_no("sort", "Sort"),)},
        {"columns": (lists.text("a", "A"), lists.text("a", "A")), "default_sort": ""},
        {"default_filters": {"nothing": ("x",)}},
    ],
)
def test_a_list_that_contradicts_itself_is_refused_when_written(wrong):
    with pytest.raises(ValueError, match=r"tests\.people"):
        make_spec(**wrong)


class Kept:
    """Keeps one view, for everybody."""

    def links(self, user, list_name):
        return [lists.SavedLink("7", "Only mine", "?q=mine", False, True, "/views/7/forget/")]

    def save_url(self):
        return "/views/save/"


def test_saved_views_are_offered_with_a_link(monkeypatch):
    monkeypatch.setattr("bcp_portal.shared.lists.registry._kept", [Kept()])
    make_person("ani")

    html = page()

    assert 'href="/people/?q=mine"' in html
    assert 'action="/views/save/"' in html


def test_the_rows_alone_ask_for_no_options(django_assert_num_queries):
    make_person("ani")
    names = lists.choice(
        "who", "Who", field="pk", choices=lambda ask: User.objects.values_list("pk", "email")
    )

    with django_assert_num_queries(2):
        page("?part=results", spec=make_spec(filters=(names,)))


def test_a_list_sorted_by_what_is_joined_counts_all_its_rows(django_assert_num_queries):
    spec = make_spec(columns=(lists.text("email", "E-mail", sort="groups__name"),), default_sort="")
    for number in range(30):
        make_person(f"p{number:03}")

    with django_assert_num_queries(2):
        html = page("?sort=email&per=25", spec=spec)

    assert "1–25 of 30 rows" in html
