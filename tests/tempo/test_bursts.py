"""Bursts are found where a closure opens at once, and not where a vowel or a fricative begins."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from phonseg.audio.recording import open_recording
from phonseg.tempo.bursts import Bursts, find_bursts
from phonseg.timeline.grid import Samples

RATE = 16_000


def vowel(seconds: float, pitch: float = 110.0) -> Samples:
    """Pulses of a voice through three resonances."""
    pulses = np.zeros(round(seconds * RATE))
    pulses[:: round(RATE / pitch)] = 1.0
    bands = [sosfilt(butter(2, [f - 60, f + 60], "band", fs=RATE, output="sos"), pulses) for f in (600, 1700, 2600)]
    sound = np.sum(bands, axis=0)
    return np.asarray(0.3 * sound / np.abs(sound).max(), np.float32)


def hiss(seconds: float, level: float) -> Samples:
    return np.asarray(level * np.random.default_rng(3).normal(size=round(seconds * RATE)), np.float32)


def ramped(sound: Samples, seconds: float) -> Samples:
    return np.asarray(sound * np.minimum(1, np.arange(len(sound)) / (seconds * RATE)), np.float32)


def bursts_of(*parts: Samples, rate: int = RATE) -> Bursts:
    sound = np.concatenate(parts)
    return find_bursts(open_recording((sound + hiss(len(sound) / RATE, 1e-4), rate)))


CLOSURE = np.zeros(round(0.08 * RATE), np.float32)
BURST = hiss(0.012, 0.1) * np.exp(-np.arange(round(0.012 * RATE)) / 60).astype(np.float32)


@pytest.mark.parametrize("hold", [0.03, 0.08])
def test_a_stop_has_one_burst_where_it_is_released(hold: float) -> None:
    closure = CLOSURE[: round(hold * RATE)]
    bursts = bursts_of(vowel(0.3), closure, BURST, ramped(vowel(0.3), 0.03))
    assert bursts.times == pytest.approx([0.3 + hold], abs=0.003)
    assert bursts.strengths[0] > 18


def test_a_voiced_closure_is_a_closure() -> None:
    bar = np.float32(0.1) * np.sin(2 * np.pi * 120 * np.arange(round(0.08 * RATE)) / RATE).astype(np.float32)
    bursts = bursts_of(vowel(0.3), bar, BURST, ramped(vowel(0.3), 0.03))
    assert bursts.times == pytest.approx([0.38], abs=0.003)


@pytest.mark.parametrize("pitch", [110.0, 220.0])
@pytest.mark.parametrize("seconds", [0.03, 0.06])
def test_a_vowel_that_begins_gradually_has_no_burst(pitch: float, seconds: float) -> None:
    assert bursts_of(CLOSURE, ramped(vowel(0.4, pitch), seconds), CLOSURE).times.size == 0


@pytest.mark.parametrize("pitch", [70.0, 110.0, 220.0])
def test_pulses_of_a_voice_are_no_bursts(pitch: float) -> None:
    assert bursts_of(hiss(0.1, 0.01), vowel(0.6, pitch)).times[1:].size == 0


@pytest.mark.parametrize("seconds", [0.02, 0.03, 0.06])
def test_a_fricative_has_no_burst(seconds: float) -> None:
    assert bursts_of(vowel(0.3), CLOSURE, ramped(hiss(0.2, 0.05), seconds), vowel(0.3)).times.size == 0


def test_silence_and_steady_noise_have_no_bursts() -> None:
    assert bursts_of(hiss(2.0, 0.1)).times.size == 0
    for n in (1, 15, 16_000):
        for sample in (0.0, 0.25):
            assert find_bursts(open_recording((np.full(n, sample, np.float32), RATE))).times.size == 0


def test_bursts_do_not_depend_on_level_or_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.concatenate([vowel(0.3), CLOSURE, BURST, vowel(0.3)] * 40)  # 28 s: three blocks
    bursts = find_bursts(open_recording((sound, RATE)))
    assert len(bursts.times) == 40
    assert np.diff(bursts.times) == pytest.approx([len(sound) / 40 / RATE] * 39, abs=0.0011)
    quieter = find_bursts(open_recording((sound / 64, RATE)))
    assert np.array_equal(quieter.times, bursts.times)


def test_bursts_are_found_at_any_rate() -> None:
    import soxr

    sound = np.concatenate([vowel(0.3), CLOSURE, BURST, ramped(vowel(0.3), 0.03)])
    for rate in (8_000, 44_100):
        bursts = find_bursts(open_recording((soxr.resample(sound, RATE, rate), rate)))
        assert bursts.times == pytest.approx([0.38], abs=0.003)
