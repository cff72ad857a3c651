"""Forms of communication: an update, a template, a rule, a line of the status page."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from incidents.models import Alert, Approver, Audience, Incident

_WORDS = forms.Textarea(attrs={"rows": 4})


class TellForm(forms.Form):
    """Words for people outside the room, in both languages, and when they hear more."""

    audience = forms.ChoiceField(label=_("For"), choices=Audience.choices)
    text = forms.CharField(label=_("Message"), widget=_WORDS, max_length=8000)
    text_id = forms.CharField(
        label=_("The same in Indonesian"), widget=_WORDS, max_length=8000, required=False
    )
    next_in = DurationFormField(
        label=_("Next update in"), required=False, help_text=_("For example 30m or 2h")
    )


class TemplateForm(forms.Form):
    """A template in both languages."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    audience = forms.ChoiceField(label=_("For"), choices=Audience.choices)
    name = forms.CharField(label=_("Name"), max_length=120)
    name_id = forms.CharField(label=_("Name in Indonesian"), max_length=120, required=False)
    text = forms.CharField(label=_("Message"), widget=_WORDS, max_length=8000)
    text_id = forms.CharField(
        label=_("The same in Indonesian"), widget=_WORDS, max_length=8000, required=False
    )

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["code"]


class AudienceForm(forms.Form):
    """How often an audience hears from us, and whose word it takes."""

    cadence = DurationFormField(label=_("How often they hear from us"))
    remind_before = DurationFormField(label=_("Remind us this long before"))
    approver = forms.ChoiceField(
        label=_("Whose word it needs"), choices=Approver.choices, required=False
    )
    needs_second = forms.BooleanField(
        label=_("Nobody approves what they wrote themselves"), required=False
    )


class ComponentForm(forms.Form):
    """A line of the status page."""

    name = forms.CharField(label=_("Name that customers know"), max_length=120)
    name_id = forms.CharField(label=_("Name in Indonesian"), max_length=120, required=False)
    asset = forms.ModelChoiceField(
        label=_("Asset behind it"), queryset=Asset.objects.none(), required=False
    )
    is_public = forms.BooleanField(label=_("On the public page"), required=False, initial=True)
    position = forms.IntegerField(label=_("Position"), min_value=1, max_value=999, initial=100)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["asset"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Asset.objects.visible_to(user).in_use().order_by("code")


class SubscribeForm(forms.Form):
    """Where updates shall go."""

    address = forms.EmailField(label=_("Your mail address"), max_length=254)


class MergeForm(forms.Form):
    """Which incident this one is a part of, and why."""

    into = forms.ModelChoiceField(
        label=_("Part of"), queryset=Incident.objects.none(), to_field_name="code"
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, others: QuerySet[Incident], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["into"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = others


class SplitForm(forms.Form):
    """Which alerts and assets are an incident of their own, and why."""

    title = forms.CharField(label=_("Title of the new incident"), max_length=200)
    alerts = forms.ModelMultipleChoiceField(
        label=_("Alerts that go along"),
        queryset=Alert.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    assets = forms.ModelMultipleChoiceField(
        label=_("Assets that go along"),
        queryset=Asset.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(
        self, *args: Any, alerts: QuerySet[Alert], assets: QuerySet[Asset], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("alerts", alerts), ("assets", assets)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = rows
