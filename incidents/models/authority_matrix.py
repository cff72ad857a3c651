"""The authority matrix: who has to be asked."""

from incidents.models.decided_matrix import DecidedMatrix, DecidedMatrixQuerySet


class AuthorityMatrixQuerySet(DecidedMatrixQuerySet["AuthorityMatrix"]):
    """Sets of authority matrices."""


class AuthorityMatrix(DecidedMatrix):
    """How many people each deed of a plan takes at each severity."""

    objects = AuthorityMatrixQuerySet.as_manager()
