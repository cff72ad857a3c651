"""The list of accounts."""

from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.people import role_words
from bcp_portal.shared import lists


def _roles(row: User) -> str:
    return ", ".join(str(word) for word in role_words(row))


PEOPLE = lists.ListSpec(
    name="accounts.people",
    title=_("People"),
    lead=_("One person, one account. Who may do what comes from roles alone."),
    columns=(
        lists.code("username", _("Username"), url="accounts:person", args=("username",)),
        lists.text("name", _("Name"), value=lambda row: row.name, sort=("first_name", "last_name")),
        lists.text("job_title", _("Job title"), sort=True),
        lists.text("roles", _("Roles"), value=_roles),
        lists.text("email", _("Mail"), sort=True),
        lists.bool_("has_second_factor", _("Second factor"), sort=True),
        lists.bool_("is_active", _("Active"), sort=True),
        lists.when("last_login", _("Last signed in"), sort=True),
        lists.when("date_joined", _("Account made"), sort=True, shown=False),
        lists.text("phone", _("Phone"), shown=False),
        lists.text("language", _("Language"), shown=False),
        lists.text("time_zone", _("Time zone"), shown=False),
    ),
    filters=(
        lists.choice(
            "role",
            _("Role"),
            choices=Role.choices,
            apply=lambda rows, names, ask: rows.filter(groups__name__in=names).distinct(),
        ),
        lists.yes_no("active", _("Active"), field="is_active"),
        lists.yes_no("second_factor", _("Second factor"), field="has_second_factor"),
    ),
    search=("username", "first_name", "last_name", "email", "job_title"),
    default_sort="name",
    default_filters={"active": ("yes",)},
    empty_title=_("Nobody yet"),
    empty_text=_("Everybody who is called or decides needs an account of their own."),
    empty_url="accounts:person_add",
    empty_label=_("Add a person"),
)
