"""A recording at a new tempo: length, what is copied, channels, level, pitch, memory; and Praat's result beside it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import parselmouth
import pytest
from conftest import noise, vowel
from hypothesis import given, settings, strategies as st
from numpy.typing import ArrayLike, NDArray
from parselmouth.praat import call
from scipy.signal import hilbert

from phonseg.tempo.rendering.render import render
from phonseg.timeline.time_map import TimeMap

RATE = 16_000
FACTORS = (0.5, 0.66, 1.33, 2.0)
Sound = NDArray[np.float32] | NDArray[np.float64]


def rendered(samples: Sound, time_map: TimeMap, n_new: int, rate: float = RATE, block: int = 1000) -> Sound:
    """The result in one array; samples are (n,) or (n, channels)."""
    columns = samples.reshape(len(samples), -1)

    def blocks() -> Iterator[Sound]:
        return (columns[i : i + block] for i in range(0, len(columns), block))

    result = np.concatenate(list(render(blocks, len(columns), rate, time_map, n_new)))
    assert result.shape == (n_new, columns.shape[1])
    assert result.dtype == samples.dtype
    return result if samples.ndim > 1 else result[:, 0]


def evenly(samples: Sound, factor: float, rate: float = RATE) -> Sound:
    n_new = round(len(samples) / factor)
    return rendered(samples, TimeMap.even(len(samples) / rate, len(samples) / n_new), n_new, rate)


def pinned(old: ArrayLike, new: ArrayLike) -> TimeMap:
    """A map from knots in samples."""
    return TimeMap(np.asarray(old) / RATE, np.asarray(new) / RATE)


@st.composite
def maps(draw: st.DrawFn) -> tuple[int, int, TimeMap, float]:
    """Samples, new samples, a map with ratios between 1/4 and 4, and a sample rate."""
    rate = draw(st.sampled_from([1000, 8000, 11_025, 16_000, 22_050, 96_000]))
    lengths = draw(
        st.lists(st.tuples(st.integers(1, 2500), st.sampled_from([0.25, 0.5, 0.9, 1, 1, 1.1, 2, 4])), max_size=6)
    )
    old, new = [0.0], [0.0]
    for length, ratio in [*lengths, (draw(st.integers(1, 50)), 1)]:
        old.append(old[-1] + length)
        new.append(new[-1] + length * ratio)
    n_new = max(1, round(new[-1]))
    new[-1] = max(n_new, new[-2] + 1e-3)
    return int(old[-1]), n_new, TimeMap(np.array(old) / rate, np.array(new) / rate), rate


@given(maps(), st.integers(1, 3), st.integers(1, 5000), st.sampled_from([np.float32, np.float64]), st.integers(0, 9))
@settings(max_examples=25)
def test_length_and_blocks(
    drawn: tuple[int, int, TimeMap, float], channels: int, block: int, dtype: type, seed: int
) -> None:
    n, n_new, time_map, rate = drawn
    generator = np.random.default_rng(seed)
    samples = np.clip(generator.standard_normal((n, channels)), -1, 1).astype(dtype)
    result = rendered(samples, time_map, n_new, rate, block)
    assert np.all(np.isfinite(result))
    assert np.abs(result).max() <= 1.5
    np.testing.assert_array_equal(result, rendered(samples, time_map, n_new, rate, n))


@pytest.mark.parametrize("rate", [1000, 16_000, 768_000])
@pytest.mark.parametrize(("n", "n_new"), [(1, 1), (1, 4), (4, 1), (2, 1), (100, 50), (100, 200)])
def test_shortest_recordings(rate: float, n: int, n_new: int) -> None:
    samples = np.full((n, 2), 0.5)
    result = rendered(samples, TimeMap.even(n / rate, n / n_new), n_new, rate)
    # Beyond the recording lies silence, which a cross-fade may reach; no level is more than both sides' together.
    assert np.all((result >= 0) & (result <= 0.5 * 2**0.5))
    assert result[0, 0] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ratio_1_is_bit_identical(dtype: type) -> None:
    samples = np.random.default_rng(0).standard_normal((3 * RATE, 2)).astype(dtype)
    np.testing.assert_array_equal(rendered(samples, TimeMap.even(3.0, 1.0), len(samples)), samples)
    knots = np.sort(np.random.default_rng(1).uniform(0, 3, 50))
    np.testing.assert_array_equal(rendered(samples, TimeMap(knots, knots), len(samples)), samples)


def test_pins_are_copied() -> None:
    samples = noise(20_000, 0)
    # Two pins 5 ms apart, one far away, and one at each end.
    old = [0, 300, 4000, 4480, 4560, 5040, 12_000, 12_480, 19_800, 20_000]
    new = [0, 300, 7700, 8180, 8340, 8820, 20_740, 21_220, 35_860, 36_060]
    result = rendered(samples, pinned(old, new), 36_060)
    for i in range(0, len(old), 2):
        np.testing.assert_array_equal(result[new[i] : new[i + 1]], samples[old[i] : old[i + 1]])


def test_pins_that_touch_give_up_their_ends_only() -> None:
    samples = noise(8000, 0)
    # Between the two pins, 4 samples become 1.
    old, new = [0, 3000, 3480, 3484, 4000, 8000], [0, 1500, 1980, 1981, 2497, 4497]
    result = rendered(samples, pinned(old, new), 4497)
    np.testing.assert_array_equal(result[1500:1900], samples[3000:3400])
    np.testing.assert_array_equal(result[1981:2497], samples[3484:4000])


@pytest.mark.parametrize("factor", FACTORS)
def test_a_click_stands_where_the_map_says(factor: float) -> None:
    samples = noise(2 * RATE, 0, level=1e-3)
    samples[15_000] = 1
    at, n_new = round(15_000 / factor), round(len(samples) / factor)
    time_map = pinned([0, 14_800, 15_300, len(samples)], [0, at - 200, at + 300, n_new])
    result = rendered(samples, time_map, n_new)
    assert np.flatnonzero(np.abs(result) > 0.1).tolist() == [at]


@pytest.mark.parametrize("factor", FACTORS)
def test_channels_keep_their_times_and_signs(factor: float) -> None:
    left = vowel(RATE, (700, 1200)) + noise(RATE, 0, level=0.01)
    late = np.r_[np.zeros(22, np.float32), left[:-22]]
    result = evenly(np.stack([left, late, -left, 0.25 * left], axis=1), factor)
    first, second = result[50:-50, 0], result[:, 1]
    product = np.array([np.dot(first, second[lag : lag + len(first)]) for lag in range(101)])
    assert np.argmax(product) == 50 + 22
    assert product.max() > 0.98 * np.square(first).sum()
    np.testing.assert_array_equal(result[:, 2], -result[:, 0])
    np.testing.assert_allclose(result[:, 3], 0.25 * result[:, 0], atol=1e-6)


@pytest.mark.parametrize("factor", FACTORS)
def test_opposite_channels_and_silence(factor: float) -> None:
    left = vowel(RATE, (700, 1200))
    alone, both = evenly(left, factor), evenly(np.stack([left, -left], axis=1), factor)
    assert np.square(both[:, 0]).mean() == pytest.approx(np.square(alone).mean(), rel=0.02)
    assert not evenly(np.zeros((RATE, 2), np.float32), factor).any()


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize(("rate", "pitch"), [(8000, 200.0), (16_000, 110.0), (44_100, 333.0)])
def test_a_tone_keeps_its_pitch_and_level(factor: float, rate: int, pitch: float) -> None:
    samples = 0.5 * np.sin(2 * np.pi * pitch * np.arange(2 * rate) / rate)
    analytic = hilbert(evenly(samples, factor, rate))[rate // 10 : -rate // 10]
    apart = rate // 50
    turns = np.angle(analytic[apart:] / analytic[:-apart] * np.exp(-2j * np.pi * pitch * apart / rate)) / (2 * np.pi)
    cents = 1200 * np.log2(1 + turns * rate / apart / pitch)
    # A jump is off by 1/16000 s at most, as lags are 1/8000 s apart, and goes over a period or more.
    assert np.median(np.abs(cents)) < 1200 * np.log2(1 + pitch / 16_000)
    assert np.mean(np.abs(cents) < 20) > 0.95
    levels = 20 * np.log10(np.abs(analytic) / 0.5)
    assert np.abs(levels).max() < 1


@pytest.mark.parametrize("factor", FACTORS)
def test_a_pulse_train_keeps_its_period(factor: float) -> None:
    samples = np.zeros(RATE)
    samples[80::160] = 1
    pulses = np.flatnonzero(evenly(samples, factor) > 0.5)
    steps = np.diff(pulses)
    assert abs(len(pulses) - 100 / factor) <= 2
    assert np.mean(steps == 160) > 0.97


def uneven_vowel(pitch: float, seed: int) -> Sound:
    """Two seconds of a rising voice with periods long and short, and loud and soft, in turn and a little at random."""
    generator = np.random.default_rng(seed)
    n = round(2.2 * pitch)
    turn = (-1.0) ** np.arange(n)
    periods = RATE / (pitch * np.linspace(0.92, 1.08, n)) * (1 + 0.005 * turn + generator.normal(0, 0.01, n))
    strengths = 1 + 0.06 * turn + generator.normal(0, 0.05, n)
    whole, part = np.divmod(np.cumsum(periods), 1)
    inside = whole < 2 * RATE - 1
    at, strengths, part = whole[inside].astype(int), strengths[inside], part[inside]
    pulses = np.zeros(2 * RATE)
    np.add.at(pulses, at, strengths * (1 - part))
    np.add.at(pulses, at + 1, strengths * part)
    period = vowel(RATE // 10, (500, 1500), 10.0)
    response = np.roll(period, -int(np.abs(period).argmax()))[:400]
    sound = np.convolve(pulses, response)[: len(pulses)]
    return np.asarray(0.1 * sound / sound.std() + generator.normal(0, 2e-3, len(pulses)))


@pytest.mark.parametrize("factor", [0.5, 0.66])
@pytest.mark.parametrize("pitch", [110.0, 250.0, 280.0])
def test_an_uneven_voice_keeps_its_octave(factor: float, pitch: float) -> None:
    samples = uneven_vowel(pitch, seed=round(pitch))

    def octaves_off(sound: Sound) -> float:
        found = parselmouth.Sound(sound.astype(float), RATE).to_pitch_ac(0.005, 75, pitch_ceiling=500)
        frequencies = found.selected_array["frequency"]
        return float(np.mean(np.abs(np.log2(frequencies[frequencies > 0] / pitch)) > 0.5))

    assert octaves_off(samples) == 0
    assert octaves_off(evenly(samples, factor)) < 0.01


@pytest.mark.parametrize("factor", FACTORS)
def test_noise_keeps_its_level(factor: float) -> None:
    result = evenly(noise(2 * RATE, 0, level=0.1), factor)
    levels = np.sqrt(np.square(result[: len(result) // 800 * 800].reshape(-1, 800)).mean(1))
    assert 20 * np.log10(np.sqrt(np.square(result).mean()) / 0.1) == pytest.approx(0, abs=0.3)
    assert np.all(np.abs(20 * np.log10(levels / 0.1)) < 2)


@pytest.mark.parametrize("factor", [*FACTORS, 0.9])
@pytest.mark.parametrize("seconds", [0.04, 0.3, 2.0])
def test_nothing_from_outside_the_recording_is_used(factor: float, seconds: float) -> None:
    samples = 0.5 + vowel(round(seconds * RATE), (700, 1200)) + noise(round(seconds * RATE), 1, level=0.01)
    assert samples.min() > 0.1
    assert evenly(samples.astype(np.float32), factor).min() > 0.1


@pytest.mark.parametrize("factor", FACTORS)
def test_what_is_within_full_scale_stays_there(factor: float) -> None:
    clipped = np.clip(noise(RATE, 2, level=1.0), -1, 1).astype(np.float32)
    assert np.abs(evenly(clipped, factor)).max() <= 1


@pytest.mark.parametrize("factor", FACTORS)
def test_as_good_as_praat_on_a_vowel(factor: float) -> None:
    generator = np.random.default_rng(0)
    samples = np.concatenate([vowel(RATE // 2, (500, 1500), 120.0), vowel(RATE // 2, (700, 1100), 130.0)])
    samples = samples + generator.normal(0, 1e-3, len(samples)).astype(np.float32)
    own = evenly(samples, factor)
    sound = parselmouth.Sound(samples.astype(np.float64), RATE)
    theirs = call(sound, "Lengthen (overlap-add)", 75, 600, 1 / factor).values[0]
    assert distance(samples, own, factor) < 1.1 * distance(samples, theirs[: len(own)], factor)


def distance(samples: Sound, result: Sound, factor: float) -> float:
    """Mean absolute difference in dB between the spectrum of the result and that of the recording at the same place."""
    window = np.hanning(400)
    found = []
    for at in range(400, len(result) - 400, 160):
        old = round(at * factor)
        if 200 <= old <= len(samples) - 200:
            a, b = (
                10 * np.log10(np.square(np.abs(np.fft.rfft(x[i - 200 : i + 200] * window, 512))) + 1e-4)
                for x, i in ((samples, old), (result, at))
            )
            found.append(np.abs(a - b)[:256].reshape(32, 8).mean(1).mean())
    return float(np.mean(found))


def test_memory_does_not_grow_with_the_recording() -> None:
    rate = 8000
    block = noise(rate, 0)[:, None]

    def peak(seconds: int) -> int:
        tracemalloc.start()
        time_map = TimeMap.even(float(seconds), 2.0)
        blocks = (block for _ in range(seconds))
        n_samples = seconds * rate
        assert sum(map(len, render(lambda: blocks, n_samples, rate, time_map, n_samples // 2))) == n_samples // 2
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(40) < 1.1 * peak(20)
