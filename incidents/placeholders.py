"""Placeholders of update templates: which are allowed, and how they are filled."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.shared.errors import DomainError

PLACEHOLDERS: dict[str, str | Promise] = {
    "code": gettext_lazy("the code of the incident"),
    "title": gettext_lazy("its title"),
    "status": gettext_lazy("where it stands"),
    "services": gettext_lazy("the services that are hit"),
    "sites": gettext_lazy("how many sites are hit"),
    "began": gettext_lazy("when it began"),
    "lasted": gettext_lazy("how long it has lasted"),
    "next_update": gettext_lazy("when the next update comes"),
}
_BRACES = re.compile(r"\{([^{}]*)\}")


class PlaceholderError(DomainError):
    """A text has braces that mean nothing."""


def check_placeholders(text: str) -> None:
    """Refuse whatever stands in braces and is not on the list.

    There is no language behind the braces: nothing is looked up, computed or called.
    """
    rest = _BRACES.sub("", text)
    strange = [name for name in _BRACES.findall(text) if name not in PLACEHOLDERS]
    if strange or "{" in rest or "}" in rest:
        raise PlaceholderError(
            _("“%(strange)s” is no placeholder. Allowed are: %(allowed)s.")
            % {
                "strange": strange[0] if strange else "{ }",
                "allowed": ", ".join(f"{{{name}}}" for name in PLACEHOLDERS),
            }
        )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in, once: braces inside a value stay what they are."""
    return _BRACES.sub(lambda found: values.get(found[1], found[0]), text)
