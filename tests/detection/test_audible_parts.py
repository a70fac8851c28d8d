"""When each region of speech has risen, begins to die and has faded."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import RATE, Samples, noise, speech_like, vowel
from detected_speech import in_noise, powers, regions_and_audible_parts

from phonseg.audio.level import loud_level
from phonseg.detection.audible_parts import FADED_SHARE, LONGEST_DYING
from phonseg.detection.speech_activity import Region


def faded(samples: Samples) -> tuple[list[Region], np.ndarray]:
    """The regions of speech and the ends of their audible parts."""
    found, audible = regions_and_audible_parts(samples)
    return found, np.array([part.end for part in audible])


@pytest.mark.parametrize("seconds_for_60_decibels", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("noise_level", [1e-3, 3e-3])
def test_a_sound_that_dies_away_has_faded_a_third_of_the_way_above_the_noise(seconds_for_60_decibels, noise_level):
    loud = vowel(RATE // 2)
    die = vowel(RATE + RATE // 2)[len(loud) :] * 10 ** (-3 * np.arange(RATE) / (seconds_for_60_decibels * RATE))
    background = noise(4 * RATE, level=noise_level)
    _, (end,) = faded(in_noise(np.concatenate([loud, die]).astype(np.float32), 1.0, background))
    steps = powers(in_noise(loud, 1.0, background)).mean(axis=1)
    top, floor = 10 * np.log10(loud_level(steps)), 10 * np.log10(np.median(steps[20:60]))
    expected = 1.5 + (1 - FADED_SHARE) * (top - floor) / 60 * seconds_for_60_decibels
    assert end == pytest.approx(expected, abs=0.02 + 0.05 * seconds_for_60_decibels)


@pytest.mark.parametrize("seconds_for_60_decibels", [0.2, 0.5])
def test_audible_parts_are_the_same_played_backwards(seconds_for_60_decibels):
    die = vowel(RATE) * 10 ** (-3 * np.arange(RATE) / (seconds_for_60_decibels * RATE))
    sound = in_noise(np.concatenate([vowel(RATE // 2), die]).astype(np.float32), 1.0, noise(4 * RATE, level=1e-3))
    (_,), (forwards,) = regions_and_audible_parts(sound)
    (_,), (backwards,) = regions_and_audible_parts(sound[::-1].copy())
    assert backwards.start == pytest.approx(4.0 - forwards.end, abs=0.011)
    assert backwards.end == pytest.approx(4.0 - forwards.start, abs=0.011)


@pytest.mark.parametrize("gain", [1e-3, 1.0, 1e3])
def test_audible_parts_lie_in_their_regions(gain):
    found, audible = regions_and_audible_parts(speech_like(20)[0] * np.float32(gain))
    assert len(audible) == len(found) > 0
    for region, part in zip(found, audible, strict=True):
        assert region.start <= part.start <= part.dying <= part.end <= region.end
        assert part.end - part.dying < LONGEST_DYING + 0.01


def test_speech_dies_from_its_last_loud_place_on():
    die = vowel(RATE) * 10 ** (-3 * np.arange(RATE) / (0.3 * RATE))
    background = noise(4 * RATE, level=1e-3)
    (_,), (slowly,) = regions_and_audible_parts(in_noise(die.astype(np.float32), 1.0, background))
    assert slowly.end - slowly.dying == pytest.approx(LONGEST_DYING, abs=0.011)
    (_,), (once_more,) = regions_and_audible_parts(
        in_noise(vowel(RATE // 25), slowly.end - 0.06, in_noise(die, 1.0, background))
    )
    assert once_more.dying > slowly.end - 0.06


@pytest.mark.parametrize("gain", [1e-3, 1.0, 1e3])
def test_fades_lie_in_their_regions_in_order_whatever_the_gain(gain):
    samples, _ = speech_like(20)
    found, ends = faded(samples * np.float32(gain))
    assert len(ends) == len(found) > 0
    assert all(region.start < end <= region.end for region, end in zip(found, ends, strict=True))
    np.testing.assert_allclose(ends, faded(samples)[1], atol=1e-4)


def test_what_stays_faint_does_not_fade():
    background = noise(4 * RATE, level=1e-3)
    sounds = in_noise(0.02 * vowel(RATE // 4), 3.0, in_noise(vowel(RATE), 1.0, background))
    found, ends = faded(sounds)
    assert len(found) == 2
    assert len(ends) == 1
    assert ends[0] == pytest.approx(2.0, abs=0.03)


def test_nothing_fades_where_nothing_is():
    assert faded(np.zeros(RATE, np.float32))[1].tolist() == []
    assert faded(noise(2 * RATE))[1].tolist() == []
