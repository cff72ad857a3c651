"""People and what belongs to them: ways to reach them, tokens, saved views."""

from bcp_portal.accounts.models.access_review import (
    ACCESS_LIFECYCLE,
    AccessDecision,
    AccessItem,
    AccessReview,
    GrantState,
    RoleGrant,
)
from bcp_portal.accounts.models.api_token import ApiToken
from bcp_portal.accounts.models.contact_method import ContactKind, ContactMethod
from bcp_portal.accounts.models.saved_view import SavedView
from bcp_portal.accounts.models.training import (
    Completion,
    Course,
    CourseRule,
    TrainingReminder,
)
from bcp_portal.accounts.models.user import User

__all__ = [
    "ACCESS_LIFECYCLE",
    "AccessDecision",
    "AccessItem",
    "AccessReview",
    "ApiToken",
    "Completion",
    "ContactKind",
    "ContactMethod",
    "Course",
    "CourseRule",
    "GrantState",
    "RoleGrant",
    "SavedView",
    "TrainingReminder",
    "User",
]
