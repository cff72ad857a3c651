"""Every table of the portal: one description, and the machine that makes a page of it."""

from bcp_portal.shared.lists.bulk import BulkOutcome, bulk_response
from bcp_portal.shared.lists.columns import (
    Column,
    Inline,
    badge,
    bool_,
    code,
    duration,
    number,
    person,
    template,
    text,
    when,
)
from bcp_portal.shared.lists.export import table_response
from bcp_portal.shared.lists.filters import (
    Ask,
    ChoiceFilter,
    Filter,
    choice,
    dates,
    numbers,
    yes_no,
)
from bcp_portal.shared.lists.inline import inline_response
from bcp_portal.shared.lists.page import ListPage
from bcp_portal.shared.lists.registry import (
    SavedLink,
    SavedViews,
    register_export_hook,
    register_saved_views,
)
from bcp_portal.shared.lists.responses import list_response
from bcp_portal.shared.lists.spec import BulkAction, Export, ListSpec

__all__ = [
    "Ask",
    "BulkAction",
    "BulkOutcome",
    "ChoiceFilter",
    "Column",
    "Export",
    "Filter",
    "Inline",
    "ListPage",
    "ListSpec",
    "SavedLink",
    "SavedViews",
    "badge",
    "bool_",
    "bulk_response",
    "choice",
    "code",
    "dates",
    "duration",
    "inline_response",
    "list_response",
    "number",
    "numbers",
    "person",
    "register_export_hook",
    "register_saved_views",
    "table_response",
    "template",
    "text",
    "when",
    "yes_no",
]
