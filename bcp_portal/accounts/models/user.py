"""A person. One person, one account; never shared."""

from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Somebody who signs in, with the language and the zone they read in."""

    email = models.EmailField(_("email address"))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    language = models.CharField(
        _("language"),
        max_length=5,
        default="en",
        choices=[("en", _("English")), ("id", _("Indonesian"))],
    )
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Jakarta")
    manager = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="reports_to_me"
    )

    class Meta(AbstractUser.Meta):
        permissions = [
            ("view_command_centre", "Can look at the command centre"),
            ("manage_people", "Can make accounts and give roles"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_is_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What colleagues call them."""
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        """Two letters for a small circle."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    def zone(self) -> ZoneInfo:
        """The zone in which times are shown to them."""
        return ZoneInfo(self.time_zone)
