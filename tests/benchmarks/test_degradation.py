"""Recordings that the benchmarks make harder: each against what a room, a telephone and so on are by definition."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import RATE, Samples, noise, speech_like, tone
from hypothesis import given, strategies as st
from numpy.typing import NDArray
from scipy.signal import correlate

from phonseg.errors import ConfigurationError

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

import degradation

Change = Callable[[Samples, np.random.Generator], Samples]

TALKERS = [speech_like(8, seed)[0] for seed in (11, 12, 13)]
CHANGES: dict[str, Change] = {
    "babble": lambda samples, generator: degradation.babble(samples, RATE, generator, talkers=TALKERS, snr=10),
    "room": lambda samples, generator: degradation.room(samples, RATE, generator),
    "telephone": lambda samples, _: degradation.telephone(samples, RATE),
    "mp3": lambda samples, _: degradation.mp3(samples, RATE),
    "gain": lambda samples, _: degradation.gain(samples, decibels=-40),
}
every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def power(samples: NDArray[np.floating]) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


def in_decibels(ratio: float) -> float:
    return 10 * float(np.log10(ratio))


def band_power(samples: Samples, low: float, high: float) -> float:
    spectrum = np.square(np.abs(np.fft.rfft(samples)))
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(spectrum[(frequencies >= low) & (frequencies < high)].mean())


@every_change
def test_nothing_moves_in_time(change: Change) -> None:
    samples, _ = speech_like(10, seed=1)
    changed = change(samples, generator())
    assert correlate(changed, samples).argmax() == len(samples) - 1


@every_change
@given(n=st.integers(1, 3 * RATE // 10), seed=st.integers(0, 9))
def test_as_many_float32_samples_come_out_as_went_in_which_stay_as_they_were(change: Change, n: int, seed: int) -> None:
    samples = noise(n, seed)
    before = samples.copy()
    changed = change(samples, generator(seed))
    assert changed.shape == (n,)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert np.array_equal(samples, before)


@every_change
def test_the_generator_alone_decides_what_is_random(change: Change) -> None:
    samples, _ = speech_like(5, seed=2)
    assert np.array_equal(change(samples, generator(3)), change(samples, generator(3)))


@every_change
def test_digital_silence_stays_silent(change: Change) -> None:
    assert not change(np.zeros(RATE, np.float32), generator()).any()


@given(snr=st.floats(-20, 40), level=st.floats(0.001, 1))
def test_babble_lies_as_far_below_the_active_speech_as_was_asked(snr: float, level: float) -> None:
    samples = np.pad(tone(RATE, 500, level), RATE)  # a second of sound, and two of silence
    noisy = degradation.babble(samples, RATE, generator(), talkers=TALKERS, snr=snr)
    assert in_decibels(level**2 / 2 / power(noisy.astype(np.float64) - samples)) == pytest.approx(snr, abs=0.01)


def test_babble_is_its_talkers_equally_loud_going_round() -> None:
    # Tones of different loudness and length, whole periods each: they go round without a join.
    talkers = [tone(RATE, 200, 0.5), tone(RATE // 2, 700, 0.01), tone(RATE // 4, 1200, 0.1)]
    samples = tone(4 * RATE, 3000)
    added = degradation.babble(samples, RATE, generator(), talkers=talkers, snr=3) - samples
    spectrum = np.square(np.abs(np.fft.rfft(added))) / np.square(np.abs(np.fft.rfft(added))).sum()
    assert spectrum[[800, 2800, 4800]] == pytest.approx(1 / 3, rel=1e-3)  # in quarters of a hertz


@pytest.mark.parametrize("talkers", [[], [np.zeros(RATE, np.float32)]], ids=["nobody", "silent"])
def test_babble_needs_somebody_who_talks(talkers: list[Samples]) -> None:
    with pytest.raises(ConfigurationError, match=rf"babble: {len(talkers)} talkers, .* Give some speech\."):
        degradation.babble(tone(RATE, 500), RATE, generator(), talkers=talkers, snr=10)


@pytest.mark.parametrize("t60", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("direct_to_reverberant", [-6.0, 0.0, 10.0])
def test_a_room_decays_by_60_decibels_in_its_t60(t60: float, direct_to_reverberant: float) -> None:
    response = degradation.impulse_response(
        RATE, generator(), t60=t60, direct_to_reverberant=direct_to_reverberant
    ).astype(np.float64)
    direct, tail = response[0], response[1:]
    assert direct == 1
    assert in_decibels(direct**2 / np.square(tail).sum()) == pytest.approx(direct_to_reverberant, abs=0.01)
    # Schroeder's backward integration, fitted from -5 to -25 dB and extended to -60 dB, as room acoustics defines it.
    decay = 10 * np.log10(np.cumsum(np.square(tail)[::-1])[::-1] / np.square(tail).sum())
    fitted = (decay <= -5) & (decay >= -25)
    slope, _ = np.polyfit(np.flatnonzero(fitted) / RATE, decay[fitted], 1)
    assert -60 / slope == pytest.approx(t60, rel=0.05)


def test_an_impulse_in_a_room_is_its_response() -> None:
    impulse = np.zeros(RATE, np.float32)
    impulse[100] = 0.5
    reverberant = degradation.room(impulse, RATE, generator(4))
    response = degradation.impulse_response(RATE, generator(4))
    assert reverberant[:100] == pytest.approx(0, abs=1e-6)
    assert reverberant[100 : 100 + len(response)] == pytest.approx(0.5 * response, abs=1e-6)
    assert reverberant[100 + len(response) :] == pytest.approx(0, abs=1e-6)


def test_a_room_without_time_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="t60 is 0"):
        degradation.impulse_response(RATE, generator(), t60=0)


def test_a_telephone_passes_its_band_alone() -> None:
    sent = noise(10 * RATE, level=0.1)
    received = degradation.telephone(sent, RATE)
    passed = in_decibels(band_power(received, 500, 3000) / band_power(sent, 500, 3000))
    assert passed == pytest.approx(0, abs=0.2)
    for low, high in ((0, 150), (4000, 8000)):
        assert in_decibels(band_power(received, low, high) / band_power(sent, low, high)) < -30


def test_a_telephone_has_255_levels_which_are_finer_for_quiet_sounds() -> None:
    ramp = np.linspace(-1, 1, 100_001)
    levels = np.unique(degradation._mu_law(ramp))
    assert len(levels) == 255
    assert levels == pytest.approx(-levels[::-1])
    assert levels[[0, 127, 254]] == pytest.approx([-1, 0, 1])
    # By the definition of mu-law: 127 equal steps of log(1 + 255 x) / log(256).
    assert np.diff(np.log1p(255 * levels[127:]) / np.log(256)) == pytest.approx(1 / 127)
    assert degradation._mu_law(np.array([-3.0, 7.0])) == pytest.approx([-1, 1])


def test_a_telephone_needs_the_rate_of_telephones() -> None:
    with pytest.raises(ConfigurationError, match="sample_rate is 6000"):
        degradation.telephone(noise(6000), 6000)


@pytest.mark.parametrize(("sample_rate", "kilobits"), [(8_000, 16), (16_000, 32), (16_000, 64), (44_100, 64)])
def test_mp3_keeps_the_times_with_and_without_a_header_that_names_the_delay(sample_rate: int, kilobits: int) -> None:
    samples, _ = speech_like(10, seed=5)
    coded = degradation.mp3(samples, sample_rate, kilobits=kilobits)
    assert correlate(coded, samples).argmax() == len(samples) - 1
    assert power(coded) == pytest.approx(power(samples), rel=0.1)


def test_mp3_of_fewer_bits_is_further_from_the_original() -> None:
    samples, _ = speech_like(10, seed=6)
    lost = [power(degradation.mp3(samples, RATE, kilobits=kilobits) - samples) for kilobits in (16, 32, 64, 160)]
    assert lost == sorted(lost, reverse=True)


@pytest.mark.parametrize(("sample_rate", "kilobits"), [(16_000, 8), (16_000, 320), (44_100, 16), (15_999, 32)])
def test_mp3_at_a_rate_that_it_does_not_have_is_refused(sample_rate: int, kilobits: int) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot have {kilobits} kbit/s at {sample_rate} Hz"):
        degradation.mp3(noise(RATE), sample_rate, kilobits=kilobits)


@given(decibels=st.floats(-60, 20))
def test_gain_is_in_decibels_of_power(decibels: float) -> None:
    samples = noise(1000)
    assert in_decibels(power(degradation.gain(samples, decibels=decibels)) / power(samples)) == pytest.approx(
        decibels, abs=1e-4
    )
