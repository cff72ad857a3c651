"""What a test of a control showed, and the proof of it."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models.control import Control, Effectiveness


class ControlTestQuerySet(models.QuerySet["ControlTest"]):
    """Sets of tests."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch tests: through the controls that a person may see."""
        return self.filter(control__in=Control.objects.visible_to(user).values("pk"))


class ControlTest(models.Model):
    """One look at a control: is it the right measure, and does it work? Kept for good."""

    control = models.ForeignKey(Control, on_delete=models.CASCADE, related_name="tests")
    tested_on = models.DateField(_("tested on"))
    design = models.CharField(
        _("design"), max_length=20, choices=Effectiveness.choices, default=Effectiveness.UNTESTED
    )
    effectiveness = models.CharField(_("operation"), max_length=20, choices=Effectiveness.choices)
    note = models.TextField(_("what was tested"))
    # The proof as a file, with its hash; without one the sentence stands alone.
    file_name = models.CharField(_("file name"), max_length=160, blank=True)
    file_kind = models.CharField(_("kind"), max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    content = models.BinaryField(null=True)
    tested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    objects = ControlTestQuerySet.as_manager()

    class Meta:
        verbose_name = _("test of a control")
        verbose_name_plural = _("tests of controls")
        constraints = [
            models.CheckConstraint(
                name="control_test_has_a_result", condition=~Q(effectiveness="untested")
            ),
            models.CheckConstraint(
                name="control_test_file_iff_hash",
                condition=Q(file_name="", sha256="", content=None)
                | (~Q(file_name="") & ~Q(sha256="") & Q(content__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.control_id} {self.tested_on}: {self.effectiveness}"
