"""The form that asks somebody to live with a risk."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from risks.models import Indicator, IndicatorStatus
from risks.services.acceptance import Tripwires

_ACCEPT = Q(groups__permissions__codename="accept_risk") | Q(
    user_permissions__codename="accept_risk"
)


class AcceptForm(forms.Form):
    """Why, until when, who gives the name, and what ends it before."""

    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why the organisation lives with it."),
    )
    expires_on = forms.DateField(
        label=_("Expires on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Within a year; then the risk is open again."),
    )
    approver = forms.ModelChoiceField(
        label=_("Who accepts it"),
        queryset=User.objects.none(),
        help_text=_("Somebody else than you: whoever asks cannot give the name as well."),
    )
    indicators = forms.ModelMultipleChoiceField(
        label=_("It ends when one of these is past its limit"),
        queryset=Indicator.objects.none(),
        required=False,
    )
    incidents = forms.IntegerField(
        label=_("It ends after so many incidents"), min_value=1, max_value=999, required=False
    )
    failed_exercise = forms.BooleanField(
        label=_("It ends when an exercise of its assets fails"), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        approver: Any = self.fields["approver"]
        holders = User.objects.filter(_ACCEPT, is_active=True).exclude(pk=user.pk).distinct()
        approver.queryset = holders.order_by("first_name", "last_name", "username")
        indicators: Any = self.fields["indicators"]
        visible = Indicator.objects.visible_to(user).in_use()
        indicators.queryset = visible.exclude(status=IndicatorStatus.ACT).order_by("code")

    def facts(self) -> dict[str, Any]:
        """What the verb takes."""
        given = dict(self.cleaned_data)
        return {
            "tripwires": Tripwires(
                indicators=tuple(given.pop("indicators")),
                incidents=given.pop("incidents"),
                failed_exercise=given.pop("failed_exercise"),
            ),
            **given,
        }
