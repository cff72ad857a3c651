"""What owners fill in about an outage, and how they are asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from assets.models import MOMENTS, Asset, AssetKind, ImpactCategory, ImpactLevel
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField, format_duration

EMPTY = [("", "–")]
Points = dict[str, dict[timedelta, int]]


class ImpactForm(forms.Form):
    """Money by the hour, and four ways in which it hurts, at seven moments."""

    loss_per_hour = forms.DecimalField(
        label=_("Loss per hour"), required=False, min_value=0, max_digits=16, decimal_places=2,
        help_text=_("What an hour of standing still costs; 0 is an answer, empty is unknown."),
    )  # fmt: skip
    bearable_loss = forms.DecimalField(
        label=_("Loss still tolerable"), required=False, min_value=0, max_digits=18,
        decimal_places=2, help_text=_("Beyond this sum it becomes intolerable."),
    )  # fmt: skip
    currency = forms.CharField(label=_("Currency"), max_length=3, min_length=3, initial="IDR")
    longest_delay = DurationFormField(
        label=_("Latest an order may be delayed"), required=False, help_text=_("For example 4h.")
    )
    note = forms.CharField(
        label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, points: Points | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = points or {}
        for category in ImpactCategory:
            for number, moment in enumerate(MOMENTS):
                self.fields[f"{category.value}_{number}"] = forms.ChoiceField(
                    label=f"{category.label}, {format_duration(moment)}",
                    required=False,
                    choices=[*EMPTY, *ImpactLevel.choices],
                    initial=known.get(category.value, {}).get(moment, ""),
                )

    @property
    def categories(self) -> list[str]:
        """The heads of the grid."""
        return [str(category.label) for category in ImpactCategory]

    def grid(self) -> Iterator[tuple[str, list[BoundField]]]:
        """The rows of the grid: a moment and how much each category hurts by then."""
        for number, moment in enumerate(MOMENTS):
            yield (
                format_duration(moment),
                [self[f"{category.value}_{number}"] for category in ImpactCategory],
            )

    def plain_fields(self) -> list[BoundField]:
        """The fields beside the grid."""
        return [self[name] for name in ImpactForm.base_fields]

    def answers(self) -> tuple[dict[str, Any], Points]:
        """What was filled in: the facts, and the levels that were chosen."""
        facts = {name: self.cleaned_data[name] for name in ImpactForm.base_fields}
        facts["currency"] = facts["currency"].upper()
        points: Points = {}
        for category in ImpactCategory:
            for number, moment in enumerate(MOMENTS):
                level = self.cleaned_data[f"{category.value}_{number}"]
                if level != "":
                    points.setdefault(category.value, {})[moment] = int(level)
        return facts, points


class CampaignForm(forms.Form):
    """Whom to ask, and until when."""

    name = forms.CharField(label=_("Name"), max_length=120)
    lead = forms.CharField(
        label=_("What owners should know"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    due_at = forms.DateTimeField(
        label=_("Due"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of assets"),
        choices=AssetKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all kinds."),
    )
    unanswered = forms.BooleanField(
        label=_("Only assets about which nobody has answered yet"), required=False, initial=True
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def chosen(self) -> list[Asset]:
        """The assets that the answers mean, and that this person may see."""
        rows = Asset.objects.visible_to(self.user).in_use()
        if self.cleaned_data["kinds"]:
            rows = rows.filter(kind__in=self.cleaned_data["kinds"])
        if self.cleaned_data["unanswered"]:
            rows = rows.filter(impact=None)
        return list(rows.select_related("business_owner").order_by("code"))
