"""The parts that every plan has, in the order in which people need them."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SECTIONS: dict[str, tuple[str | Promise, str | Promise]] = {
    "trigger": (_("When it begins"), _("What has to be true, and who says so.")),
    "traffic": (_("How traffic is moved"), _("Failover paths, in which order, and how back.")),
    "people": (_("Who is told what"), _("Staff, customers, partners, authorities; by whom.")),
    "workaround": (_("How work goes on"), _("By hand, on paper, offline: at least so much.")),
    "data": (_("How data is brought back"), _("From where, up to when, checked by what.")),
    "service": (_("How service is brought back"), _("In which order, and what proves it.")),
    "back": (_("How it ends"), _("Back to normal, and what is written down.")),
}
LANGUAGES = ("en", "id")


def section_text(texts: Mapping[str, Mapping[str, str]], section: str, language: str) -> str:
    """A section in a language; what nobody has translated is shown as it was written."""
    other = "en" if language == "id" else "id"
    for one in (language, other):
        if text := texts.get(one, {}).get(section, "").strip():
            return text
    return ""
