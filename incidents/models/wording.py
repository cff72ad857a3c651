"""Sentences kept as a message and its parameters, so that each reader gets the own language."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, override

# The key of the language in which a text was first written.
AS_WRITTEN = ""


def render_message(message: str, params: Mapping[str, Any]) -> str:
    """Put a stored message into the reader's language.

    A parameter named `…_label` is itself a message and is translated too; one named `…_at` is an
    instant and is shown in the reader's zone; one named `…_said` is a whole message with its own
    parameters; one that holds a text in several languages (`BilingualModel.spoken`) is shown in the
    reader's. A parameter that is missing leaves the raw message:
    an old row must never break the page that shows it.
    """
    spoken = {name: _spoken(name, value) for name, value in params.items()}
    try:
        return gettext(message) % spoken if message else ""
    except (KeyError, ValueError, TypeError):
        return message


def _spoken(name: str, value: object) -> object:
    if name.endswith("_label") and isinstance(value, str) and value:
        return gettext(value)
    if name.endswith("_said") and isinstance(value, dict):
        return render_message(value.get("message", ""), value.get("params", {}))
    if isinstance(value, dict) and AS_WRITTEN in value:
        return value.get(_language()) or value[AS_WRITTEN]
    if name.endswith("_at") and isinstance(value, str):
        moment = parse_datetime(value)
        return date_format(localtime(moment), "j M H:i T") if moment else value
    return value


def _language() -> str:
    return (get_language() or "en").split("-")[0]


def message_id(label: object) -> str:
    """The untranslated words of a lazy label, as they are stored in a `…_label` parameter."""
    with override("en"):
        return str(label)


class BilingualModel(models.Model):
    """Text that was written by people in more than one language.

    The plain columns hold the first language; `translations` holds `{"id": {"text": "…"}}`.
    """

    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def said(self, field: str) -> str:
        """One field in the reader's language, or in the language it was written in."""
        translated = self.translations.get(_language(), {}).get(field)
        return str(translated or getattr(self, field))

    def spoken(self, field: str) -> str | dict[str, str]:
        """One field in every language it has, as the parameter of a stored message."""
        written = str(getattr(self, field))
        others = {
            language: texts[field]
            for language, texts in self.translations.items()
            if texts.get(field)
        }
        return {AS_WRITTEN: written, **others} if others else written
