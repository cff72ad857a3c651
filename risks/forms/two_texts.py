"""Two people at one risk: what was typed beside what stands meanwhile, so that neither is lost."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict

from assets.changes import plain
from risks.models import Risk


@dataclass(frozen=True)
class TextPair:
    """One field that two people filled in differently."""

    label: str
    yours: str
    theirs: str


def typed_text(request: HttpRequest, risk: Risk) -> tuple[QueryDict | None, int | None]:
    """What was posted, and the version its writer saw; shown again, it has seen the newest."""
    if request.method != "POST":
        return None, None
    typed = request.POST.copy()
    saw = typed.get("seen", "")
    typed["seen"] = str(risk.version)
    return typed, int(saw) if saw.isdecimal() else None


def text_pairs(risk: Risk, form: forms.BaseForm, *, saw: int | None) -> list[TextPair]:
    """The fields that differ, if somebody else was quicker."""
    if saw is None or saw == risk.version:
        return []
    form.is_valid()
    pairs = []
    for name, field in form.fields.items():
        if name in ("seen", "assets"):
            continue
        yours, theirs = _words(form.cleaned_data.get(name)), _words(risk.said(name))
        if yours.split() != theirs.split():
            pairs.append(TextPair(str(field.label or name), yours, theirs))
    return pairs


def _words(value: Any) -> str:
    return "" if value is None else str(plain(value))
