"""The severity matrix: how bad it is."""

from django.db import models
from django.db.models import Q

from incidents.models.decided_matrix import DecidedMatrix, DecidedMatrixQuerySet


class SeverityMatrixQuerySet(DecidedMatrixQuerySet["SeverityMatrix"]):
    """Sets of severity matrices."""


class SeverityMatrix(DecidedMatrix):
    """Which severity follows from what a rule says and how far it reaches."""

    many_sites = models.PositiveSmallIntegerField()

    objects = SeverityMatrixQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="severity_matrix_many_is_more_than_one", condition=Q(many_sites__gte=2)
            )
        ]
