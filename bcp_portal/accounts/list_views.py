"""What this room lends to every list: saved views, and the trail of exports."""

from django.urls import reverse

from bcp_portal.accounts.models import SavedView, User
from bcp_portal.accounts.services.saved_view import note_list_export
from bcp_portal.shared.lists import Export, SavedLink


class KeptViews:
    """Saved views as rows of this room."""

    def links(self, user: User, list_name: str) -> list[SavedLink]:
        """One's own views and those that colleagues share."""
        return [
            SavedLink(
                key=str(view.pk),
                name=view.name,
                query=view.query,
                is_shared=view.is_shared,
                is_own=view.user_id == user.pk,
                delete_url=reverse("accounts:view_forget", args=[view.pk])
                if view.user_id == user.pk
                else "",
            )
            for view in SavedView.objects.visible_to(user).filter(list_name=list_name)
        ]

    def save_url(self) -> str:
        """The door that keeps a view."""
        return reverse("accounts:view_save")


def trace_export(export: Export) -> None:
    """Have every export of a list in the audit trail."""
    note_list_export(export=export)


def clean_query(query: str) -> str:
    """A question as an address part, whatever was sent: begins with ? and holds no fragment."""
    bare = query.strip().removeprefix("?").split("#")[0]
    return "?" + bare
