"""What holds for a rule at one place: on or off, its numbers, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from telemetry.detection.catalogue import RuleSpec
from telemetry.detection.tuning import Numbers
from telemetry.models import RuleSetting

_SWITCH = (("", _("As in the wider place")), ("on", _("On")), ("off", _("Off")))


class RuleForm(forms.Form):
    """One field a number; what is left empty is what the wider place says."""

    switch = forms.ChoiceField(label=_("This rule"), choices=_SWITCH, required=False)

    def __init__(
        self, *args: Any, spec: RuleSpec, wider: Numbers, setting: RuleSetting | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._spec = spec
        said = setting.limits if setting else {}
        self.fields["switch"].initial = (
            "" if setting is None or setting.is_on is None else "on" if setting.is_on else "off"
        )
        for limit in spec.limits:
            self.fields[limit.name] = forms.FloatField(
                label=f"{limit.label} ({limit.unit})" if limit.unit else str(limit.label),
                required=False,
                min_value=limit.low,
                max_value=limit.high,
                initial=said.get(limit.name),
                help_text=_("Empty: %(number)s, as in the wider place")
                % {"number": f"{wider[limit.name]:g}"},
            )
        self.fields["reason"] = forms.CharField(
            label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
        )

    def said(self) -> dict[str, Any]:
        """What the verb is told."""
        clean = self.cleaned_data
        limits = {
            limit.name: clean[limit.name]
            for limit in self._spec.limits
            if clean.get(limit.name) is not None
        }
        switch = {"on": True, "off": False}.get(clean["switch"])
        return {"is_on": switch, "limits": limits, "reason": clean["reason"]}
