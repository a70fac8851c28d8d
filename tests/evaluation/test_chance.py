"""Whether two recordings would agree as well: recordings of other times do not, and moved ones are found."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from phonseg.evaluation.chance import question_about_all, question_about_pair


def speech(seed: int, n: int = 100) -> NDArray[np.float64]:
    """Boundaries about as far apart as those of sounds."""
    return 0.5 + np.cumsum(np.random.default_rng(seed).gamma(3, 0.025, n))


def heard(times: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """The same boundaries, placed by somebody else: a quarter is missed."""
    generator = np.random.default_rng(seed)
    return np.sort((times + generator.normal(0, 0.008, len(times)))[generator.uniform(size=len(times)) < 0.75])


def offset(question: str) -> float | None:
    """The seconds by which a question says that the prediction has to be moved."""
    found = re.fullmatch(r"They would agree if .+ were (\d+) ms (later|earlier)\.", question)
    assert found or question in ("", *(f"Do they belong to the same {what}?" for what in ("recording", "recordings")))
    return None if found is None else int(found[1]) / (1000 if found[2] == "later" else -1000)


def test_other_recordings_agree_by_chance_and_the_same_ones_better() -> None:
    pairs = [(speech(seed), heard(speech(seed), seed), speech(100 + seed)) for seed in range(100)]
    assert not any(question_about_pair(reference, same, "x") for reference, same, _ in pairs)
    questions = [question_about_pair(reference, other, "x") for reference, _, other in pairs]
    assert sum(map(bool, questions)) > 90
    assert sum(offset(question) is not None for question in questions) < 20


@pytest.mark.parametrize("late", [-0.15, -0.05, 0.035, 0.1])
def test_a_constant_offset_is_found(late: float) -> None:
    questions = [question_about_pair(speech(seed), heard(speech(seed), seed) + late, "x") for seed in range(20)]
    found = [at for question in questions if (at := offset(question)) is not None]
    assert len(found) >= 17
    assert found == pytest.approx([-late] * len(found), abs=0.006)


def test_a_few_boundaries_prove_nothing() -> None:
    assert question_about_pair(speech(1, 19), speech(2, 300), "x") == ""
    assert question_about_all([(speech(1, 9), speech(2, 9)), (speech(3, 9), speech(4, 9))]) == ""
    assert question_about_all([(speech(1), speech(2))]) == ""


@pytest.mark.parametrize("seed", range(10))
def test_short_files_are_judged_together(seed: int) -> None:
    words = [speech(100 * seed + number, 6) for number in range(30)]
    right = [(word, heard(word, number)) for number, word in enumerate(words)]
    assert question_about_all(right) == ""
    assert offset(question_about_all([(word, same + 0.06) for word, same in right])) == pytest.approx(-0.06, abs=0.006)
    wrong = [(word, other) for word, (_, other) in zip(words, [*right[3:], *right[:3]], strict=True)]
    assert question_about_all(wrong) != ""
    assert question_about_all([(word, np.zeros(0)) for word in words]) == ""
