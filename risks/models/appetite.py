"""What a unit is judged by, and how much risk the organisation is willing to live with where."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from assets.models import Unit
from bcp_portal.accounts.models import User
from risks.models.risk import RiskCategory


class UnitMatrix(models.Model):
    """The matrix by which the risks of a unit are judged, whatever their category."""

    unit = models.OneToOneField(
        Unit, on_delete=models.CASCADE, primary_key=True, related_name="judged_by"
    )
    matrix_family = models.SlugField(_("judged by"), max_length=40)

    def __str__(self) -> str:
        return f"{self.unit_id}: {self.matrix_family}"


class AppetiteQuerySet(models.QuerySet["Appetite"]):
    """Sets of appetites."""

    def standing(self) -> Self:
        """What holds now."""
        return self.filter(ended_at=None)


class Appetite(models.Model):
    """Up to which level a unit, a category or both together may be lived with.

    The matrix says it for everything; the nearest of these says it for less. A level of "" is the
    appetite for nothing at all.
    """

    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        related_name="appetites",
        null=True,
        blank=True,
        verbose_name=_("organisational unit"),
    )
    category = models.ForeignKey(
        RiskCategory,
        on_delete=models.PROTECT,
        related_name="appetites",
        null=True,
        blank=True,
        verbose_name=_("category"),
    )
    level = models.CharField(_("tolerable up to"), max_length=20, blank=True)
    reason = models.TextField(_("reason"))
    set_at = models.DateTimeField(_("set at"))
    set_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = AppetiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("appetite")
        verbose_name_plural = _("appetites")
        constraints = [
            models.CheckConstraint(
                name="appetite_is_about_something",
                condition=Q(unit__isnull=False) | Q(category__isnull=False),
                violation_error_message=_("Choose a unit, a category, or both."),
            ),
            models.CheckConstraint(
                name="appetite_ends_after_it_begins",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("set_at")),
            ),
            models.UniqueConstraint(
                name="appetite_one_for_both",
                fields=["unit", "category"],
                condition=Q(ended_at=None),
            ),
            models.UniqueConstraint(
                name="appetite_one_for_the_unit",
                fields=["unit"],
                condition=Q(ended_at=None, category=None),
            ),
            models.UniqueConstraint(
                name="appetite_one_for_the_category",
                fields=["category"],
                condition=Q(ended_at=None, unit=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id or '*'} {self.category_id or '*'}: {self.level or '–'}"
