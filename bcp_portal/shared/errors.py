"""Refusals: what a person caused and can put right."""


class DomainError(Exception):
    """A refusal whose text is a sentence that may be shown to the person who asked."""


class NotAllowedError(DomainError):
    """The person may not do this to this thing."""
