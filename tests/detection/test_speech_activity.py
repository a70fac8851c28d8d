"""Where in a recording there is speech."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from conftest import FORMANTS, RATE, hiss, noise, pink_noise, speech_like, tone, vowel
from detected_speech import in_noise, regions
from hypothesis import given, strategies as st

from phonseg.audio.level import loud_level
from phonseg.detection.noise_floor import NOISE_WINDOW
from phonseg.detection.speech_activity import (
    LONGEST_CLICK,
    LONGEST_DOUBT,
    NO_SPEECH,
    SHORTEST_PAUSE,
    SURE_SPEECH,
    Region,
    broad_band_decibels,
    extend_regions,
    revise_regions,
    speech_regions,
    within,
)
from phonseg.timeline.grid import FrameGrid


def test_broad_bands_are_means_of_neighbouring_bands():
    power = np.random.default_rng(0).uniform(0.1, 10, (5, 40)).astype(np.float32)
    expected = 10 * np.log10(power.reshape(5, 4, 10).mean(axis=2)).T
    np.testing.assert_allclose(broad_band_decibels(power), expected, rtol=1e-5, atol=1e-5)


# Recordings without speech


@pytest.mark.parametrize("seconds", [1, 5, 20])
@pytest.mark.parametrize("seed", range(3))
def test_steady_noise_is_no_speech(seconds, seed):
    n = seconds * RATE
    assert regions(noise(n, seed)) == []
    assert regions(pink_noise(n, seed)) == []
    assert regions(hiss(n, 300, 3000, seed)) == []


@pytest.mark.parametrize("frequency", [60, 440, 1000, 5000])
def test_a_pure_tone_is_no_speech(frequency):
    assert regions(tone(2 * RATE, frequency)) == []


@pytest.mark.parametrize("n", [0, 1, 160, 5 * RATE])
def test_silence_is_no_speech(n):
    assert regions(np.zeros(n, np.float32)) == []


def test_a_click_is_no_speech():
    assert regions(in_noise(np.float32([0.3]), 1.0, noise(2 * RATE, level=1e-3))) == []


# Recordings with speech


@pytest.mark.parametrize("background", [noise(3 * RATE, level=1e-3), pink_noise(3 * RATE, level=0.02)])
@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.5])
@pytest.mark.parametrize(
    "make", [*(lambda n, f=f: vowel(n, f) for f in FORMANTS), lambda n: hiss(n, 2500, 5500, level=0.1)]
)
def test_a_sound_in_noise_is_found_within_30_ms(make, seconds, background):
    (found,) = regions(in_noise(make(round(seconds * RATE)), 1.0, background))
    assert found.start == pytest.approx(1.0, abs=0.03)
    assert found.end == pytest.approx(1.0 + seconds, abs=0.03)


@pytest.mark.parametrize(("gap", "count"), [(0.1, 1), (0.4, 2)])
def test_short_pauses_belong_to_the_speech_around_them(gap, count):
    assert 0.1 < SHORTEST_PAUSE < 0.4
    background = noise(3 * RATE, level=1e-3)
    first = in_noise(vowel(RATE // 2), 0.5, background)
    assert len(regions(in_noise(vowel(RATE // 2), 1.0 + gap, first))) == count


def last_edge(decibels_of_last: float, n_silent: int) -> float:
    """The end of speech whose last frame is so loud (re the noise before it), `n_silent` frames before the end."""
    decibels = np.array([0.0] * 30 + [30.0] * 20 + [decibels_of_last])
    bands = np.repeat(10 ** (decibels / 10), 40).reshape(-1, 40).astype(np.float32)
    silent = np.zeros((n_silent, 40), np.float32)
    bands = np.concatenate([silent[:1], bands, silent])
    power = bands.mean(axis=1)
    (found,) = speech_regions(broad_band_decibels(bands), power, loud_level(power), FrameGrid(RATE, 160, 512))
    return found.end


@pytest.mark.parametrize("n_silent", [2, 3, 50])
def test_silence_at_the_end_changes_nothing_even_on_the_brink(n_silent):
    low, high = 0.0, 60.0
    assert last_edge(low, 1) < last_edge(high, 1)
    while high - low > 1e-4:
        middle = (low + high) / 2
        assert last_edge(middle, n_silent) == last_edge(middle, 1)
        low, high = (middle, high) if last_edge(middle, 1) == last_edge(0.0, 1) else (low, middle)


@pytest.mark.parametrize("n_silent", [1, 160, 5 * RATE])
@pytest.mark.parametrize("seed", range(4))
def test_silence_at_either_end_changes_nothing(n_silent, seed):
    samples, joins = speech_like(6, seed)
    if seed % 2:
        samples = samples + pink_noise(len(samples), seed, level=0.01)
    else:
        samples = samples[round(joins[0] * RATE) : round(joins[-2] * RATE) + 100]
    silence = np.zeros(n_silent, np.float32)
    assert regions(np.concatenate([samples, silence])) == regions(samples)
    whole_hops = n_silent // 160 * 160
    later = np.array(regions(np.concatenate([silence[:whole_hops], samples])))
    np.testing.assert_allclose(later - whole_hops / RATE, regions(samples), atol=1e-9)


@pytest.mark.parametrize("gain", [1e-4, 1e-2, 1e4])
@pytest.mark.parametrize("seed", range(4))
def test_gain_changes_nothing(gain, seed):
    samples, _ = speech_like(8, seed)
    assert regions(samples * np.float32(gain)) == regions(samples)


@pytest.mark.parametrize("seed", range(4))
def test_regions_are_apart_in_order_and_no_clicks(seed):
    parts = [speech_like(3, seed * 10 + i)[0] for i in range(5)]
    starts, ends = np.array(regions(np.concatenate(parts))).T
    assert np.all(starts[1:] - ends[:-1] >= SHORTEST_PAUSE - 1e-9)
    assert np.all(ends - starts >= LONGEST_CLICK - 1e-9)


# within


@given(
    edges=st.lists(st.integers(0, 1000), unique=True, max_size=8).map(sorted),
    times=st.lists(st.integers(0, 1000), max_size=20),
    margin=st.integers(0, 5),
)
def test_within_is_what_it_is_defined_to_be(edges, times, margin):
    spread = [30 * edge for edge in edges]  # regions lie further apart than the margins reach
    speech = [Region(*pair) for pair in zip(spread[::2], spread[1::2], strict=False)]
    places = np.array([30 * time + margin for time in times] + times, dtype=np.float64)
    expected = [any(start - margin <= time <= end + margin for start, end in speech) for time in places]
    assert within(places, speech, margin).tolist() == expected


def test_a_short_drop_out_in_a_long_recording_is_not_its_noise():
    seconds = round(6 * NOISE_WINDOW)
    background = noise(seconds * RATE, level=0.01)
    background[20 * RATE : 20 * RATE + RATE // 2] *= 0.02
    words = background
    for start in range(2, seconds - 1, 3):
        words = in_noise(vowel(RATE), start, words)
    assert len(regions(words)) == len(range(2, seconds - 1, 3))


# Extended by another detector


GRID = FrameGrid(RATE, hop=160, window=512, origin=-3200)
apart = st.lists(st.integers(0, 60), unique=True, max_size=8).map(
    lambda places: [
        Region(*edges) for edges in GRID.boundary(np.sort(places)[: len(places) // 2 * 2].reshape(-1, 2) * 21).tolist()
    ]
)


@given(apart, st.lists(st.tuples(st.integers(0, 1300), st.integers(1, 90)), max_size=12))
def test_regions_grow_by_the_stretches_that_meet_them_and_by_no_others(speech, stretches):
    is_speech = np.zeros(1300, dtype=np.bool_)
    for start, length in stretches:
        is_speech[start : start + length] = True
    hop = GRID.hop / GRID.sample_rate

    def frames_of(region: Region) -> set[int]:
        first, end = np.round((np.array(region) - GRID.boundary(0)) / hop).astype(int)
        return set(range(first, end))

    of_speech = set().union(*map(frames_of, speech))
    runs = [
        set(run.tolist())
        for run in np.split(np.arange(1300), np.flatnonzero(np.diff(is_speech)) + 1)
        if is_speech[run[0]]
    ]
    expected = of_speech.union(*(run for run in runs if run & of_speech))
    grown = extend_regions(speech, is_speech, GRID)
    found = set().union(*map(frames_of, grown))
    assert expected <= found
    pauses = sorted(found - expected)  # only what lies between two stretches that are nearer than a pause
    for pause in np.split(pauses, np.flatnonzero(np.diff(pauses) > 1) + 1) if pauses else []:
        assert len(pause) * hop < SHORTEST_PAUSE
        assert {pause[0] - 1, pause[-1] + 1} <= expected
    assert all(after.start - before.end > SHORTEST_PAUSE - 1e-6 for before, after in pairwise(grown))


def test_where_there_is_no_speech_there_is_still_none():
    assert extend_regions([], np.ones(500, dtype=np.bool_), GRID) == []


doubts = st.lists(st.tuples(st.integers(0, 1300), st.integers(1, 400), st.sampled_from([0.0, 0.29, 0.3])), max_size=6)


@given(apart, doubts)
def test_what_a_network_doubts_for_long_is_taken_away_and_nothing_else(speech, stretches):
    probability = np.full(1300, 0.5, dtype=np.float32)
    for start, length, given_there in stretches:
        probability[start : start + length] = given_there
    runs = np.split(np.arange(1300), np.flatnonzero(np.diff(probability < np.float32(NO_SPEECH))) + 1)
    denied = np.zeros(1300, dtype=np.bool_)
    for run in runs:
        if probability[run[0]] < NO_SPEECH and len(run) * GRID.hop / RATE >= LONGEST_DOUBT - 1e-9:
            denied[run] = True
    times = GRID.centre(np.arange(1300))
    revised = revise_regions(speech, probability, GRID)
    expected, found = within(times, speech, 0.0) & ~denied, within(times, revised, 0.0)
    assert not (found & ~expected).any()
    lost = np.flatnonzero(expected & ~found)  # what is left of a region may be no longer than a click
    for rest in np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1) if len(lost) else []:
        assert len(rest) * GRID.hop / RATE <= LONGEST_CLICK + 1e-6
    if not denied.any():
        assert revised == speech


@given(apart, st.lists(st.tuples(st.integers(0, 1300), st.integers(1, 90)), max_size=12))
def test_what_a_network_is_sure_of_extends_regions(speech, stretches):
    probability = np.full(1300, SURE_SPEECH, dtype=np.float32)
    for start, length in stretches:
        probability[start : start + length] = 0.99
    assert revise_regions(speech, probability, GRID) == extend_regions(speech, probability > 0.98, GRID)
