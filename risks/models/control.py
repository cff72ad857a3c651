"""A measure in place, and the risks it holds down."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models.risk import Risk


class ControlKind(models.TextChoices):
    """When it works: before, while or after it happens."""

    PREVENTIVE = "preventive", _("Preventive")
    DETECTIVE = "detective", _("Detective")
    CORRECTIVE = "corrective", _("Corrective")


class ControlNature(models.TextChoices):
    """What it is made of."""

    TECHNICAL = "technical", _("Technical")
    PROCEDURAL = "procedural", _("Procedural")


class Effectiveness(models.TextChoices):
    """What the last test said."""

    UNTESTED = "untested", _("Untested")
    STRONG = "strong", _("Strong")
    PARTIAL = "partial", _("Partial")
    WEAK = "weak", _("Weak")


class ControlQuerySet(models.QuerySet["Control"]):
    """Sets of controls."""

    def in_place(self) -> Self:
        """Controls that have not been withdrawn."""
        return self.filter(withdrawn_on=None)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The only way a door may fetch controls: the catalogue is shared."""
        return self if user.is_authenticated else self.none()

    def for_list(self) -> Self:
        """Everything a list row shows, in one query."""
        return self.select_related("owner").annotate(
            risk_count=models.Count("risk_controls", distinct=True)
        )


class Control(models.Model):
    """Encryption, backups, training: something that makes a risk smaller."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=160)
    kind = models.CharField(_("kind"), max_length=20, choices=ControlKind.choices)
    nature = models.CharField(_("nature"), max_length=20, choices=ControlNature.choices)
    description = models.TextField(_("description"), blank=True)
    owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="controls",
        null=True,
        blank=True,
        verbose_name=_("owner"),
    )
    # Is it the right measure at all? Apart from whether it works.
    design = models.CharField(
        _("design"), max_length=20, choices=Effectiveness.choices, default=Effectiveness.UNTESTED
    )
    effectiveness = models.CharField(
        _("effectiveness"),
        max_length=20,
        choices=Effectiveness.choices,
        default=Effectiveness.UNTESTED,
    )
    tested_on = models.DateField(_("tested on"), null=True, blank=True)
    yearly_cost = models.FloatField(_("yearly cost"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    risks = models.ManyToManyField(Risk, through="risks.RiskControl", related_name="controls")

    objects = ControlQuerySet.as_manager()

    class Meta:
        verbose_name = _("control")
        verbose_name_plural = _("controls")
        permissions = [("run_control", "Can introduce, test and withdraw controls")]
        constraints = [
            models.CheckConstraint(
                name="control_kind_known", condition=Q(kind__in=ControlKind.values)
            ),
            models.CheckConstraint(
                name="control_untested_iff_no_date",
                condition=Q(effectiveness="untested", tested_on=None)
                | (~Q(effectiveness="untested") & Q(tested_on__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class RiskControl(models.Model):
    """This control holds down this risk."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="risk_controls")
    control = models.ForeignKey(Control, on_delete=models.CASCADE, related_name="risk_controls")
    note = models.CharField(_("note"), max_length=200, blank=True)
    # What it takes away, in per cent of how often and of how much; unknown is nothing.
    cuts_rate = models.FloatField(_("takes from the frequency, %"), default=0)
    cuts_loss = models.FloatField(_("takes from the loss, %"), default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="risk_control_cuts_are_shares",
                condition=Q(cuts_rate__range=(0, 95), cuts_loss__range=(0, 95)),
                violation_error_message=_("A control takes away between 0 and 95 per cent."),
            ),
            models.UniqueConstraint(
                name="risk_control_once",
                violation_error_message=_("This control already holds down this risk."),
                fields=["risk", "control"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.control_id} → {self.risk_id}"
