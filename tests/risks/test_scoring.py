"""Scoring: the matrix as a table that anybody can check."""

import copy

import pytest

from risks.default_matrix import CELLS, IMPACTS, LEVELS, LIKELIHOODS
from risks.scoring import Scale, score

# Impact grows to the right; likelihood grows downwards.
MATRIX = """
    l l l l m
    l l m m h
    l m m h h
    l m h h x
    m h h x x
"""
LETTERS = {"l": "low", "m": "moderate", "h": "high", "x": "extreme"}


def read(**changes):
    facts = {"likelihoods": LIKELIHOODS, "impacts": IMPACTS, "levels": LEVELS, "cells": CELLS}
    return Scale.read(**(facts | changes))


def test_the_first_matrix_is_the_one_on_paper():
    scale = read()
    for likelihood, line in enumerate(MATRIX.strip().splitlines(), start=1):
        for impact, letter in enumerate(line.split(), start=1):
            assert scale.level(likelihood, impact).word == LETTERS[letter]


@pytest.mark.parametrize(
    ("word", "tolerable"),
    [("low", True), ("moderate", True), ("high", False), ("extreme", False), ("", False)],
)
def test_unrated_is_never_within_tolerance(word, tolerable):
    assert read().is_within_tolerance(word) is tolerable


def test_a_score_is_the_product():
    assert [score(1, 1), score(3, 4), score(5, 5)] == [1, 12, 25]


def test_labels_come_in_both_languages():
    level = read().by_word["high"]

    assert (level.label("en"), level.label("id")) == ("High", "Tinggi")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"cells": CELLS[:4]}, "5 rows of 5"),
        ({"likelihoods": LIKELIHOODS[:4]}, "4 rows of 5"),
        ({"likelihoods": LIKELIHOODS[:2]}, "from 3 to 6"),
        ({"likelihoods": [*LIKELIHOODS[:4], LIKELIHOODS[3]]}, "without a gap"),
        ({"impacts": [{"value": 1}]}, "wrong or missing"),
        ({"levels": LEVELS[:2]}, "no level"),
        ({"levels": [{**LEVELS[0], "tone": "pink"}, *LEVELS[1:]]}, "tone"),
    ],
)
def test_a_matrix_that_makes_no_sense_is_refused(changes, word):
    with pytest.raises(ValueError, match=word):
        read(**changes)


def test_a_worse_risk_may_not_have_a_milder_level():
    cells = copy.deepcopy(CELLS)
    cells[4][4] = "low"

    with pytest.raises(ValueError, match="milder"):
        read(cells=cells)
