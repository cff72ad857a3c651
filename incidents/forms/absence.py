"""The form of a person's own calendar of absences."""

from django.utils.translation import gettext_lazy as _

from incidents.forms.duty_calendar import CalendarForm


class AbsenceForm(CalendarForm):
    """Where a person's absences are: a file, or an address that is read again and again."""

    name = None  # type: ignore[assignment]  # how Django leaves a field of the parent out
    use = None  # type: ignore[assignment]  # the same

    field_order = ("address", "file")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        self.fields["address"].help_text = _(
            "The iCal address of a calendar that holds nothing but your absences; read every"
            " quarter of an hour. Of its events only the times are kept."
        )
