"""How a record that two sides changed is settled: rules are rows, each with its history."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from telemetry.conflicts.rules import RuleFacts

ANY = "*"


class RuleKind(models.TextChoices):
    """What settles a field."""

    LATEST = "latest", _("The latest wins")
    MASTER = "master", _("A master source wins")
    ROLE_ORDER = "role_order", _("The higher role wins")
    SUM = "sum", _("All changes are added up")
    STATE_MACHINE = "state_machine", _("The later state wins")
    BY_HAND = "by_hand", _("By hand")


class DataClass(models.TextChoices):
    """What a field holds; all but the first are never settled without a person."""

    ORDINARY = "ordinary", _("Ordinary")
    MONEY = "money", _("Money")
    BALANCE = "balance", _("Balance")
    MEDICAL = "medical", _("Medical")
    GRADE = "grade", _("Grade")
    STOCK = "stock", _("Stock")


class ConflictRule(models.Model):
    """The rule for a field of an entity; `*` stands for every entity or field."""

    entity = models.CharField(_("entity"), max_length=64, default=ANY)
    field = models.CharField(_("field"), max_length=64, default=ANY)
    kind = models.CharField(_("rule"), max_length=14, choices=RuleKind.choices)
    data_class = models.CharField(
        _("data class"), max_length=10, choices=DataClass.choices, default=DataClass.ORDINARY
    )
    master = models.CharField(_("master source"), max_length=128, blank=True)
    roles = models.JSONField(_("roles, highest first"), default=list, blank=True)
    moves = models.JSONField(_("moves"), default=dict, blank=True)
    limit = models.DecimalField(
        _("value limit"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    safety = models.DecimalField(
        _("safety stock"), max_digits=20, decimal_places=4, null=True, blank=True
    )
    answer_within = models.DurationField(_("to be decided within"), default=timedelta(hours=4))
    number = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("conflict rule")
        verbose_name_plural = _("conflict rules")
        ordering = ["entity", "field"]
        constraints = [
            models.UniqueConstraint(
                name="conflict_rule_one_in_force",
                violation_error_message=_("There is already a rule for this field."),
                fields=["entity", "field"],
                condition=Q(retired_at=None),
            ),
            models.CheckConstraint(
                name="conflict_rule_master_is_named",
                violation_error_message=_("Say which source is the master."),
                condition=~Q(kind="master") | ~Q(master=""),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """How people call it: what it is about, and which edition of it."""
        return f"{self.entity}.{self.field} v{self.number}"

    def facts(self) -> RuleFacts:
        """This rule as the arithmetic knows it."""
        return RuleFacts(
            code=self.code,
            kind=self.kind,
            master=self.master,
            roles=tuple(self.roles),
            moves=dict(self.moves),
            data_class=self.data_class,
            limit=self.limit,
            safety=self.safety,
        )


class ConflictRuleEdition(models.Model):
    """A rule as it was from one change to the next; never changed."""

    rule = models.ForeignKey(ConflictRule, on_delete=models.CASCADE, related_name="editions")
    number = models.PositiveIntegerField()
    facts = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="conflict_rule_edition_once", fields=["rule", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


def finder(rules: Iterable[ConflictRule], entity: str) -> Callable[[str], ConflictRule | None]:
    """Find the rule of a field: its own, its entity's, the field's anywhere, then the general."""
    by_place = {(rule.entity, rule.field): rule for rule in rules}

    def find(name: str) -> ConflictRule | None:
        places = ((entity, name), (entity, ANY), (ANY, name), (ANY, ANY))
        return next((by_place[place] for place in places if place in by_place), None)

    return find
