"""What people fill in about risks, controls and acceptances."""

from risks.forms.acceptance import AcceptForm
from risks.forms.control import ApplyControlForm, ControlForm, ControlTestForm
from risks.forms.indicator import IndicatorForm, ValueForm
from risks.forms.risk import (
    ActionForm,
    AssessForm,
    HandOverForm,
    LinkIncidentForm,
    NoteForm,
    ReviewDateForm,
    ReviewForm,
    RiskForm,
    SinceForm,
    TreatmentForm,
    WordForm,
)
from risks.forms.upload import ImportForm

__all__ = [
    "AcceptForm",
    "ActionForm",
    "ApplyControlForm",
    "AssessForm",
    "ControlForm",
    "ControlTestForm",
    "HandOverForm",
    "ImportForm",
    "IndicatorForm",
    "LinkIncidentForm",
    "NoteForm",
    "ReviewDateForm",
    "ReviewForm",
    "RiskForm",
    "SinceForm",
    "TreatmentForm",
    "ValueForm",
    "WordForm",
]
