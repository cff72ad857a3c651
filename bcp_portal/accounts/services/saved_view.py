"""Verbs of a saved view, and the note that somebody took a list away as a file."""

from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import SavedView, User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists import Export

MOST_VIEWS = 50


class UnusableViewError(DomainError):
    """A view cannot be kept like this."""


@verb
def save_view(
    *, list_name: str, name: str, query: str, is_shared: bool, actor: User, at: datetime
) -> SavedView:
    """Keep a question under a name; the same name again replaces it."""
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise UnusableViewError(_("A view needs a name of at most 80 characters."))
    if not list_name or len(list_name) > 60 or len(query) > 2000:
        raise UnusableViewError(_("This view is too long to be kept."))
    own = SavedView.objects.filter(user=actor, list_name=list_name)
    if not own.filter(name=name).exists() and own.count() >= MOST_VIEWS:
        raise UnusableViewError(_("You keep %d views of this list already.") % MOST_VIEWS)
    view, _is_new = SavedView.objects.update_or_create(
        user=actor,
        list_name=list_name,
        name=name,
        defaults={"query": query, "is_shared": is_shared},
    )
    audit(
        action="saved_view.save",
        obj=view,
        actor=actor,
        at=at,
        after={"list": list_name, "query": query, "is_shared": is_shared},
    )
    return view


@verb
def forget_view(*, view: SavedView, actor: User, at: datetime) -> None:
    """Forget one's own view."""
    if view.user_id != actor.pk:
        raise UnusableViewError(_("Only who made a view can forget it."))
    audit(action="saved_view.forget", obj=view, actor=actor, at=at, before={"query": view.query})
    view.delete()


@verb
def note_list_export(*, export: Export) -> None:
    """Note who took which rows of which list away, before they have them."""
    audit(
        action="list.export",
        obj=export.user,
        actor=export.user,
        at=export.at,
        after={
            "list": export.list_name,
            "format": export.format,
            "rows": export.rows,
            "columns": list(export.columns),
            "query": export.query,
        },
    )
