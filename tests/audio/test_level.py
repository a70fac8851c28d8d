"""How loud the speech of a recording is, against percentiles and tones of known power."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import RATE, tone
from hypothesis import given, strategies as st

from phonseg.audio.level import active_power, loud_level


@given(st.lists(st.floats(0.125, 1e6, width=32), min_size=1, max_size=50), st.integers(0, 50), st.integers(-20, 20))
def test_the_level_is_the_95th_percentile_whatever_the_silence_and_in_proportion(power, n_silent, exponent):
    active = [value for value in power if value > 1e-5 * max(power)]
    level = loud_level(np.float32([*power, *[0.0] * n_silent]))
    assert level == pytest.approx(np.percentile(active, 95), rel=1e-5)
    assert loud_level(np.float32(power) * np.float32(2.0**exponent)) == pytest.approx(level * 2.0**exponent, rel=1e-5)


def test_silence_and_nothing_have_no_level():
    assert loud_level(np.zeros(10, np.float32)) == loud_level(np.zeros(0, np.float32)) == 0.0


@given(
    amplitude=st.floats(0.001, 1), before=st.integers(0, 100), active=st.integers(10, 100), after=st.integers(0, 100)
)
def test_the_power_of_active_speech_leaves_pauses_out(amplitude, before, active, after):
    # In stretches of 20 ms, of 320 samples; a tone of 500 Hz has ten whole periods in each.
    samples = np.pad(tone(320 * active, 500, amplitude), (320 * before, 320 * after))
    assert active_power(samples, RATE) == pytest.approx(amplitude**2 / 2, rel=1e-4)


@given(quieter=st.floats(0, 40).filter(lambda decibels: abs(decibels - 20) > 0.01))
def test_what_is_more_than_20_decibels_quieter_is_not_active(quieter):
    loud, quiet = tone(320 * 50, 500, 0.5), tone(320 * 50, 500, 0.5 * 10 ** (-quieter / 20))
    share = 10 ** (-quieter / 10)
    expected = 0.125 * (1 + share) / 2 if quieter < 20 else 0.125
    assert active_power(np.concatenate([loud, quiet]), RATE) == pytest.approx(expected, rel=1e-4)
