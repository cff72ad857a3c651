"""Everything that people read is said in both languages."""

import ast
import gettext
import re
import shutil

import pytest
from django.urls import NoReverseMatch, reverse

from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import Role
from tests.access.test_every_route import NAMES, address
from tests.access.world import make_half
from tests.make import make_user
from tests.po_files import ROOT, extract, read_catalogue
from tests.test_house_rules import ROUTES, SOURCES, TEMPLATES

FOLDER = ROOT / "locale" / "id" / "LC_MESSAGES"
CATALOGUE = read_catalogue(FOLDER / "django.po")
HOW = "run makemessages, translate what is empty in locale/id, run compilemessages"

# Names, units and codes are the same in both languages.
_SAME = (
    "Siaga|RTO|RPO|WRT|MTPD|MBCO|UTC|CSV|XLSX|PDF|JSON|API|SHA-256|OpenAPI|SBY-02|INC-14|KiB|MB|"
    "report.json|telemetry.openapi.json|telemetry.schema.json|curl|manage.py|"
    "Authorization|Bearer|pdfdetach|sha256sum|ms|iCal|Markdown|CACAO|"
    "English|Bahasa Indonesia|Indonesia|MTT[ADCR]"
)
_HIDDEN = re.compile(
    r"{%\s*blocktrans.*?{%\s*endblocktrans\w*\s*%}|{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}"
    r"|{%\s*block (?:body_class|cover_tone).*?{%\s*endblock\s*%}"
    r"|{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}|<!--.*?-->"
    r"|<(script|style|pre|code|kbd)\b.*?</\1>|<span class=\"mono\">.*?</span>",
    re.S,
)
_CODE = re.compile(r"{%.*?%}|{{.*?}}", re.S)
_SPOKEN = re.compile(r"\b(?:title|aria-label|placeholder|alt|data-confirm|label)=\"([^\"]*)\"")
_ARGUMENT = re.compile(r"\b(?:title|text|label|caption|confirm)=\"([^\"]*[a-z]{2}[^\"]*)\"")
_WORD = re.compile(r"[A-Za-z]{2,}")


def bare_words(source: str) -> list[str]:
    """Words of a template that are the same in every language."""
    shown = _HIDDEN.sub(" ", source)
    arguments = [
        value
        for tag in re.findall(r"{%\s*include.*?%}", shown, re.S)
        for value in _ARGUMENT.findall(tag)
    ]
    shown = _CODE.sub(" ", shown)
    spoken = " ".join([*_SPOKEN.findall(shown), *arguments])
    text = re.sub(r"<[^>]*>", " ", shown) + " " + spoken
    return _WORD.findall(re.sub(rf"\b(?:{_SAME})\b|&\w+;", " ", text, flags=re.I))


def test_every_string_of_the_sources_is_in_the_catalogue(tmp_path):
    if shutil.which("xgettext") is None:
        pytest.skip("gettext is not installed: only the catalogue itself was checked")
    known = {entry.key for entry in CATALOGUE}

    missing = sorted(entry.english for entry in extract(tmp_path) if entry.key not in known)

    assert missing == [], f"{len(missing)} strings are not in the catalogue: {HOW}"


def test_no_translation_is_empty_or_guessed():
    poor = [entry.english for entry in CATALOGUE if not all(entry.texts) or "fuzzy" in entry.flags]

    assert poor == [], HOW


def test_every_translation_keeps_the_placeholders_and_tags():
    assert [entry.english for entry in CATALOGUE if not entry.placeholders_agree()] == []


def test_line_breaks_at_the_ends_are_kept():
    def ends(text):
        return text.startswith("\n"), text.endswith("\n")

    assert [e.english for e in CATALOGUE if any(ends(t) != ends(e.english) for t in e.texts)] == []


def test_the_compiled_catalogue_is_the_written_one():
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    stale = [
        entry.english
        for entry in CATALOGUE
        if entry.texts[0] != _said(compiled, entry.context, entry.english, entry.plural)
    ]
    assert stale == [], "run compilemessages"


def _said(compiled, context, english, plural):
    if context:
        return compiled.pgettext(context, english)
    return compiled.ngettext(english, plural, 1) if plural else compiled.gettext(english)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_words_of_one_language(path):
    assert bare_words(path.read_text(encoding="utf-8")) == []


def test_bare_words_are_found_where_they_are():
    source = '<p>Hello {% trans "you" %}</p><a title="Go on">{{ x }} RTO</a>'

    assert bare_words(source) == ["Hello", "Go", "on"]
    assert bare_words('{% include "x.html" with title="No risks" text=_("Fine") %}') == [
        "No",
        "risks",
    ]


def test_every_refusal_can_be_translated():
    doors = ("services", "views", "forms", "api", "selectors")
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if any(part in doors for part in path.parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and _is_bare(node.exc)
    ]

    assert bare == []


FOR_PROGRAMS = (
    "ValueError",
    "TypeError",
    "RuntimeError",
    "KeyError",
    "OSError",
    "ChannelError",
    "UnknownPermissionError",
)


def _is_bare(raised) -> bool:
    """Is it a refusal with a sentence that nobody can translate?"""
    if not isinstance(raised, ast.Call) or not isinstance(raised.func, ast.Name) or not raised.args:
        return False
    first, name = raised.args[0], raised.func.id
    return (
        name.endswith("Error")
        and name not in FOR_PROGRAMS
        and (isinstance(first, ast.Constant | ast.JoinedStr))
    )


# Words that no Indonesian sentence has.
ENGLISH = re.compile(
    r"\b(the|and|of|with|yet|that|what|who|which|not|nothing|nobody|every|from|until|has|been|are|"
    r"is|this|when|where|how|open|closed|name|sites?|new|add|show|search|none)\b",
    re.I,
)
PAGES = [
    name
    for name, view in ROUTES
    if not name.startswith("api:") and getattr(view, "required_permission", "") not in ("", None)
]


@pytest.mark.django_db
def test_no_page_speaks_english_to_an_indonesian(client):
    client.force_login(make_user(*Role, language="id", first_name="Dewi", last_name="Santoso"))

    spoken = {}
    for url in addresses():
        answer = client.get(url)
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            words = sorted(set(ENGLISH.findall(text_of(answer.content.decode()))))
            if words:
                spoken[url] = words

    assert spoken == {}


def addresses():
    """Every address that needs no code and no number in it."""
    for name in PAGES:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        if url != reverse("api-docs"):
            yield url


def text_of(html: str) -> str:
    shown = re.sub(r"<(script|style|code|pre|kbd|svg)\b.*?</\1>", " ", html, flags=re.S)
    # Addresses, names of placeholders and of acts are English in both languages.
    shown = re.sub(r"https?://\S+|\{\w+\}|\b[a-z_]+\.[a-z_]+\b", " ", shown)
    return " ".join(re.sub(r"<[^>]*>", " ", shown).split())


@pytest.mark.django_db
def test_no_page_about_something_speaks_english_to_an_indonesian(client):
    half = make_half("Kenari")
    client.force_login(make_user(*Role, language="id", first_name="Dewi", last_name="Santoso"))

    spoken = {}
    for rule in POLICY.rules:
        is_page = rule.permission and "GET" in rule.methods and NAMES[rule.route]
        if not is_page or rule.route.startswith("api:"):
            continue
        url = address(rule, half)
        answer = client.get(url) if url else None
        if answer and answer.status_code == 200 and "html" in answer["Content-Type"]:
            # What people have written stays as they wrote it.
            text = re.sub(
                r"Kenari\S* \w+|Nobody Inparticular|Site \S*\d|Wrong prices come from here",
                " ",
                text_of(answer.content.decode()),
            )
            if words := sorted(set(ENGLISH.findall(text))):
                spoken[url] = words

    assert spoken == {}
