"""Vendored files are what the manifest says; templates and styles keep the house rules."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OURS = ("assets", "telemetry", "incidents", "risks", "audit", "engine", "reports", "accounts")
# What nobody knows is a hollow ring, which is how a word without a rule looks.
UNKNOWN = {"unknown", "never", "unwatched", "untested"}


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["name"])
def test_every_vendored_file_has_its_digest(package):
    for name, digest in package["files"].items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_every_vendored_file_is_in_the_manifest():
    listed = {name for package in MANIFEST for name in package["files"]} | {"manifest.json"}
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}

    assert found == listed


@pytest.mark.parametrize("package", MANIFEST, ids=lambda package: package["name"])
def test_every_vendored_package_brings_its_licence(package):
    assert f"{package['name']}/LICENSE" in package["files"]
    assert package["version"]
    assert package["licence"]


def test_every_icon_that_a_template_draws_is_in_the_sprite():
    sprite = (VENDOR / "tabler-icons" / "sprite.svg").read_text()
    drawn = {
        name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }

    assert not {name for name in drawn if f'id="{name}"' not in sprite}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_has_nothing_that_the_security_policy_refuses(path):
    text = path.read_text()

    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)


SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_no_style_sheet_is_too_long(path):
    assert len(path.read_text().splitlines()) <= 400


def test_portal_js_stays_short():
    assert len((ROOT / "static" / "js" / "portal.js").read_text().splitlines()) < 150


def states():
    for model in apps.get_models():
        if model._meta.app_label in OURS:
            for field in model._meta.fields:
                if field.choices and field.name in {"status", "state", "node_state", "outcome"}:
                    for value, _label in field.choices:
                        yield f"{model.__name__}.{field.name}", str(value)


def test_every_state_that_is_stored_has_a_look():
    listed = set(re.findall(r"\.status-([a-z0-9-]+)", (ROOT / "static/css/status.css").read_text()))
    missing = {
        (where, value)
        for where, value in states()
        if value.replace("_", "-") not in listed | UNKNOWN
    }

    assert not missing
