"""The forms of targets and of what was really achieved."""

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.models import AchievementSource, Measure, RecoveryTarget
from bcp_portal.shared.durations import DurationFormField


class TargetForm(forms.ModelForm[RecoveryTarget]):
    """How fast an asset must come back and how much may be lost."""

    rto = DurationFormField(
        label=_("RTO"),
        required=False,
        help_text=_("Back within: 90m, 1h30, 2d. Empty is unknown; 0 is a promise."),
    )
    rpo = DurationFormField(
        label=_("RPO"), required=False, help_text=_("At most this much of the latest data lost.")
    )
    wrt = DurationFormField(
        label=_("WRT"),
        required=False,
        help_text=_("Work after the restore until the backlog is caught up and checked."),
    )
    mtpd = DurationFormField(
        label=_("MTPD"),
        required=False,
        help_text=_("The longest outage the business bears; RTO and WRT must fit into it."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the business loses per hour, or what changed. Kept with the target."),
    )

    class Meta:
        model = RecoveryTarget
        fields = ("rto", "rpo", "wrt", "mtpd", "mbco")
        widgets = {"mbco": forms.Textarea(attrs={"rows": 2})}
        labels = {"mbco": _("MBCO")}
        help_texts = {"mbco": _("The least that must still work meanwhile.")}


class AchievementForm(forms.Form):
    """A recovery that was measured outside the portal."""

    measure = forms.ChoiceField(label=_("Measure"), choices=Measure.choices)
    source_kind = forms.ChoiceField(
        label=_("Kind of proof"),
        choices=[
            choice for choice in AchievementSource.choices if choice[0] != AchievementSource.LIVE
        ],
        initial=AchievementSource.RESTORE_TEST,
    )
    source_code = forms.CharField(
        label=_("Source"), max_length=40, help_text=_("Its code or name: RT-2026-11.")
    )
    achieved = DurationFormField(label=_("Achieved"), help_text=_("90m, 1h30, 2d"))
    happened_at = forms.DateTimeField(
        label=_("Happened at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
