"""What people fill in about risks, controls and acceptances."""

from risks.forms.control import ApplyControlForm, ControlForm, ControlTestForm
from risks.forms.risk import (
    AcceptForm,
    AssessForm,
    HandOverForm,
    LinkIncidentForm,
    NoteForm,
    ReviewDateForm,
    ReviewForm,
    RiskForm,
    TreatmentForm,
)
from risks.forms.upload import ImportForm

__all__ = [
    "AcceptForm",
    "ApplyControlForm",
    "AssessForm",
    "ControlForm",
    "ControlTestForm",
    "HandOverForm",
    "ImportForm",
    "LinkIncidentForm",
    "NoteForm",
    "ReviewDateForm",
    "ReviewForm",
    "RiskForm",
    "TreatmentForm",
]
