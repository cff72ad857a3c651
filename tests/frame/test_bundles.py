"""What every page needs comes in few files, and nothing of it is lost on the way."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template import engines
from django.test import override_settings

from bcp_portal.shared.bundles import BUNDLES

STATIC = Path(settings.BASE_DIR) / "static"
PAGE = "{% load bundles %}{% style_bundle 'css/siaga.css' %}{% script_bundle 'js/siaga.js' %}"


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    bundling = {"BACKEND": "bcp_portal.shared.bundles.BundlingStorage"}
    storages = settings.STORAGES | {"staticfiles": bundling}
    with override_settings(STATIC_ROOT=folder, STATICFILES_DIRS=[STATIC], STORAGES=storages):
        call_command(
            "collectstatic", interactive=False, verbosity=0, ignore_patterns=["vendor/[!i]*"]
        )
        yield folder


def test_a_collected_page_asks_for_one_sheet_and_one_script(collected):
    html = engines["django"].from_string(PAGE).render()

    assert html.count("<link") == html.count("<script") == 1
    for address in (html.split('href="')[1], html.split('src="')[1]):
        place = collected / address.split('"')[0].removeprefix("/static/")
        assert place.is_file()
        assert Path(f"{place}.gz").is_file()


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_holds_every_part_in_its_order(collected, name):
    text = (collected / name).read_text()
    places = [text.index((STATIC / part).read_text().splitlines()[0]) for part in BUNDLES[name]]

    assert places == sorted(places)


def test_without_collected_files_each_part_is_linked_alone():
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}):
        html = engines["django"].from_string(PAGE).render()

    assert [part for parts in BUNDLES.values() for part in parts if part not in html] == []
