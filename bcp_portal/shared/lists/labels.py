"""What a person reads as a name, translated when it is shown."""

from django.utils.functional import Promise

Label = str | Promise
