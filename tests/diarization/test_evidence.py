"""The evidence of a recording gives as many speakers as are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from phonseg.diarization.evidence import LEAST_SECONDS, Evidence
from phonseg.diarization.turn_making import turns_of
from phonseg.errors import ConfigurationError
from phonseg.timeline.turns import SpeakerRange

BETWEEN = np.geomspace(60, 1, 12)  # so that windows tell speakers apart about as well as those of a trained model
K = len(BETWEEN)


def evidence(projected: np.ndarray, seconds: float = 0.25) -> Evidence:
    edges = seconds * np.arange(len(projected) + 1)
    return Evidence("talk.wav", edges[:-1], edges[1:], projected, BETWEEN)


def of_speakers(who: np.ndarray, apart: float = 8.0, seed: int = 0) -> Evidence:
    generator = np.random.default_rng(seed)
    return evidence(apart * np.eye(3, K)[who] + generator.normal(size=(len(who), K)))


@given(
    st.integers(0, 25),
    st.sampled_from([0.0, 0.3, 3.0, 50.0, 1e4]),
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
    st.integers(0, 10),
    st.booleans(),
)
@settings(max_examples=120)
def test_the_number_of_speakers_lies_in_the_range_if_there_are_enough_windows(n, scale, seed, least, more, several):
    generator = np.random.default_rng(seed)
    points = scale * generator.normal(size=(4 if several else 1, K))
    projected = points[generator.integers(0, len(points), n)] + min(scale, 1) * generator.normal(size=(n, K))
    known = evidence(projected)
    wanted = SpeakerRange(least, least + more)
    if n < least:
        some = "no speech" if n == 0 else rf"only {n * 0.25:.1f} s of speech"
        with pytest.raises(ConfigurationError, match=rf"^talk\.wav: has {some}, and speakers is {least}\. Give few"):
            known.posteriors(wanted)
        return
    found = known.posteriors(wanted)
    assert found.shape[0] == n
    assert least <= found.shape[1] <= least + more
    assert set(found.argmax(axis=1).tolist()) == set(range(found.shape[1]))  # each is the likeliest in some window
    np.testing.assert_allclose(found.sum(axis=1), 1)
    turns = turns_of(known, found)
    assert len({turn.speaker for turn in turns}) == found.shape[1]


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_a_range_that_holds_what_the_recording_shows_changes_nothing(n, seed):
    who = np.random.default_rng(seed).integers(0, 3, n)
    known = of_speakers(np.sort(who), seed=seed)
    by_itself = known.posteriors(None)
    shown = by_itself.shape[1]
    assert np.array_equal(known.posteriors(SpeakerRange(shown, shown)), by_itself)
    assert np.array_equal(known.posteriors(SpeakerRange(1, 100)), by_itself) or n < 1


@pytest.mark.parametrize("n", [1, 2, 60])
def test_windows_that_are_all_alike_are_one_speakers(n):
    assert evidence(np.full((n, K), 0.7)).posteriors(None).shape == (n, 1)
    assert evidence(np.zeros((n, K))).posteriors(None).shape == (n, 1)


def test_without_speech_there_is_nobody():
    assert evidence(np.zeros((0, K))).posteriors(None).shape == (0, 0)
    assert evidence(np.zeros((0, K))).placed(3.0, 3.0, 4.0).posteriors(None).shape == (0, 0)


def test_speakers_who_lie_far_apart_are_found():
    who = np.repeat([0, 1, 0, 2], 20)
    found = of_speakers(who, apart=15.0).posteriors(None)
    assert found.argmax(axis=1).tolist() == who.tolist()


def test_nobody_speaks_for_less_than_is_said_unless_the_number_is_given():
    brief = int(LEAST_SECONDS / 0.25) - 1
    who = np.repeat([0, 1, 0], [120, brief, 120])
    known = of_speakers(who, apart=15.0)
    assert known.posteriors(None).shape[1] == 1
    assert known.posteriors(SpeakerRange(2, 2)).argmax(axis=1).tolist() == who.tolist()
    longer = of_speakers(np.repeat([0, 1, 0], [120, brief + 3, 120]), apart=15.0)
    assert longer.posteriors(None).shape[1] == 2


@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_recording_of_voices_that_vary_has_no_more_speakers_than_a_part_of_it(seed):
    generator = np.random.default_rng(seed)
    manners = 8 * np.eye(2, K)[[0, 1] * 4] + 0.6 * generator.normal(size=(8, K))  # each speaker has four
    part = np.repeat(manners, 20, axis=0) + generator.normal(size=(160, K))
    assert evidence(part).posteriors(None).shape[1] == 2
    assert evidence(np.tile(part, (20, 1))).posteriors(None).shape[1] == 2


def test_in_a_short_recording_somebody_speaks_all_the_same():
    assert of_speakers(np.zeros(4, np.int64)).posteriors(None).shape == (4, 1)
    assert of_speakers(np.array([0, 0, 1, 1]), apart=15.0).posteriors(None).shape[1] in (1, 2)


def test_evidence_on_another_axis_has_the_same_speakers_at_other_times_inside_the_recording():
    known = of_speakers(np.repeat([0, 1], 20), apart=15.0)
    placed = known.placed(-2.5, -2.4, 7.45)
    assert placed.starts.tolist() == [-2.4, *(known.starts[1:] - 2.5)]
    assert placed.ends.tolist() == [*(known.ends[:-1] - 2.5), 7.45]
    assert placed.projected is known.projected
    np.testing.assert_allclose(placed.posteriors(None), known.posteriors(None))
