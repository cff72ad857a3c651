"""What people say about a risk, and what they put beside it: remarks, links and files."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models.risk import Risk


class RiskRemark(models.Model):
    """One thing somebody said about a risk; never changed."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="remarks")
    text = models.TextField(_("remark"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("said at"))

    class Meta:
        verbose_name = _("remark on a risk")
        verbose_name_plural = _("remarks on risks")
        permissions = [("discuss_risk", "Can say something about a risk and put files beside it")]

    def __str__(self) -> str:
        return f"{self.risk_id} {self.text[:60]}"


class RiskLink(models.Model):
    """An address that says more about a risk."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="links")
    label = models.CharField(_("label"), max_length=160)
    url = models.URLField(_("address"), max_length=500)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("added at"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("link of a risk")
        verbose_name_plural = _("links of risks")

    def __str__(self) -> str:
        return self.label


class RiskFile(models.Model):
    """A file put beside a risk, with its hash; kept in the database and in every backup of it."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("file name"), max_length=160)
    kind = models.CharField(_("kind"), max_length=100)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("added at"))
    # Out of sight, not out of the record: the trail names its hash.
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("file of a risk")
        verbose_name_plural = _("files of risks")
        constraints = [
            # The same file twice beside one risk is a slip of the hand.
            models.UniqueConstraint(
                name="risk_file_once",
                fields=["risk", "sha256"],
                condition=Q(removed_at__isnull=True),
            ),
            models.CheckConstraint(name="risk_file_is_not_empty", condition=Q(size__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name
