"""The scale by which an organisation judges its risks, as data."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from risks.scoring import Scale

# The family by which every category is judged that names no other.
STANDARD = "standard"


class RiskMatrixQuerySet(models.QuerySet["RiskMatrix"]):
    """Sets of matrices."""

    def active(self) -> Self:
        """The matrices in force, one for each family."""
        return self.filter(is_active=True)


class RiskMatrix(models.Model):
    """Likelihoods, impacts, levels and the cells between them; a change is a new version.

    `likelihoods` and `impacts`: three to six steps `{"value", "en", "id", "means_en", "means_id",
    "upper"}`, the upper end in events a year or in money;
    `levels`: `{"word", "en", "id", "tone", "is_tolerable", "review_days"}`, mildest first;
    `cells[likelihood - 1][impact - 1]`: the word of a level.
    """

    # Several scales may be in force, one for each family; a category names the one it is judged by.
    family = models.SlugField(_("family"), max_length=40, default=STANDARD)
    version = models.PositiveIntegerField(_("version"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    likelihoods = models.JSONField(_("likelihoods"))
    impacts = models.JSONField(_("impacts"))
    levels = models.JSONField(_("levels"))
    cells = models.JSONField(_("cells"))
    is_active = models.BooleanField(_("in force"), default=False)
    activated_at = models.DateTimeField(_("in force since"), null=True, blank=True)

    objects = RiskMatrixQuerySet.as_manager()

    class Meta:
        verbose_name = _("risk matrix")
        verbose_name_plural = _("risk matrices")
        permissions = [("publish_matrix", "Can put a risk matrix into force")]
        constraints = [
            models.UniqueConstraint(
                name="risk_matrix_one_in_force", fields=["family"], condition=Q(is_active=True)
            ),
            models.CheckConstraint(
                name="risk_matrix_in_force_knows_since_when",
                condition=Q(is_active=False) | Q(activated_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def scale(self) -> Scale:
        """The matrix as pure arithmetic."""
        return Scale.read(
            likelihoods=self.likelihoods,
            impacts=self.impacts,
            levels=self.levels,
            cells=self.cells,
        )
