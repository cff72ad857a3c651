"""Tells the kinds of JSON apart: a plan of ours, or a CACAO playbook."""

import json

from django.utils.translation import gettext as _

from incidents.playbooks.cacao import is_cacao, read_cacao
from incidents.playbooks.markdown import read_markdown
from incidents.playbooks.plan import PlaybookPlan
from incidents.playbooks.reader import PlanUnreadableError, read_plan


def read_json(text: str, *, source: str, code: str = "") -> PlaybookPlan:
    """Read a plan from JSON of either kind."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise PlanUnreadableError(
            _("Line %(line)s is not JSON: %(what)s.") % {"line": error.lineno, "what": error.msg}
        ) from error
    if not is_cacao(content):
        return read_plan(text, source=source)
    try:
        return read_cacao(content, source=source, code=code)
    except (TypeError, AttributeError, ValueError) as error:
        raise PlanUnreadableError(_("This is not a plan: %(what)s.") % {"what": error}) from error


def read_file(text: str, *, name: str, code: str = "") -> PlaybookPlan:
    """Read a plan from a file of any kind that is understood; its name says which."""
    if name.lower().endswith(".json"):
        return read_json(text, source=name, code=code)
    return read_markdown(text, source=name, code=code)
