"""The form of a threat."""

from django.utils.translation import gettext_lazy as _

from assets.forms.catalogue import CatalogueForm
from risks.models import Threat


class ThreatForm(CatalogueForm[Threat]):
    """What a threat is called."""

    class Meta:
        model = Threat
        fields = ("code", "name", "name_id")
        help_texts = {"code": _("Short and lasting: FIRE.")}
