"""What one pass over a recording counts, against a count of everything at once."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, strategies as st

from phonseg.audio import scan as module
from phonseg.audio.decoding.source import open_source
from phonseg.audio.scan import NEAR_FULL_SCALE, scan
from phonseg.errors import AudioError

# Few different values, so that equal neighbours are frequent.
values = st.lists(st.sampled_from([0.0, 0.5, 0.97, 0.98, 1.0, -1.0, -0.99, 1.5]), min_size=3, max_size=60)


def slowly_clipped(samples: np.ndarray) -> int:
    """(n, channels) -> how many samples equal the two before them near full scale."""
    return sum(
        column[i] == column[i - 1] == column[i - 2] and np.float32(NEAR_FULL_SCALE) <= abs(column[i]) <= 1
        for column in samples.T
        for i in range(2, len(column))
    )


@given(values, st.integers(1, 7), st.sampled_from([1, 2, 3]))
def test_clipped_samples_are_counted_however_the_recording_is_cut(levels, block, channels):
    samples = np.stack([np.roll(levels, shift) for shift in range(channels)], axis=1).astype(np.float32)
    with patch.object(module, "BLOCK", block):
        found = scan(open_source((samples, 16_000)), "mix")
    assert found.clipped == slowly_clipped(samples)
    assert found.peak == np.abs(samples).max()
    assert found.n_samples == len(samples)
    assert found.flaw == ""


@given(
    where=st.sets(st.integers(0, 99), min_size=1),
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
    block=st.integers(1, 120),
)
def test_values_that_are_no_numbers_are_counted_however_the_recording_is_cut(where, value, block):
    samples = np.zeros(100)
    samples[list(where)] = value
    message = rf"{len(where)} of 100 samples are not finite .* the first at {min(where) / 1000:.4f} s"
    with patch.object(module, "BLOCK", block), pytest.raises(AudioError, match=message):
        scan(open_source((samples, 1_000)), "mix")


def test_numbers_too_large_for_any_sound_are_refused():
    assert scan(open_source((np.array([1e15, -1e15, 2.0]), 16_000)), "mix").peak == np.float32(1e15)
    with pytest.raises(AudioError, match=r"2 of 3 samples are not finite numbers \(NaN, infinite or enormous\)"):
        scan(open_source((np.array([1e25, -1e25, 2.0]), 16_000)), "mix")


def test_only_the_channel_that_counts_is_checked():
    samples = np.array([[0.1, np.nan], [0.2, 1.0], [0.3, 1.0]])
    assert scan(open_source((samples, 16_000)), 1).peak == np.float32(0.3)
    with pytest.raises(AudioError, match="1 of 3 samples"):
        scan(open_source((samples, 16_000)), 2)
