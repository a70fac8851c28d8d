"""Several channels -> one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from phonseg.audio.channels import check_channel, check_has_channel, one_channel
from phonseg.errors import AudioError, ConfigurationError


@given(n=st.integers(1, 200), channels=st.integers(1, 9), seed=st.integers(0, 99))
def test_the_mix_is_the_mean_and_a_channel_is_itself(n, channels, seed):
    block = np.random.default_rng(seed).normal(size=(n, channels)).astype(np.float32)
    before = block.copy()
    mix = one_channel(block, "mix")
    np.testing.assert_allclose(mix, block.astype(np.float64).mean(axis=1), rtol=1e-6, atol=1e-7)
    for number in range(1, channels + 1):
        np.testing.assert_array_equal(one_channel(block, number), block[:, number - 1])
    same = np.repeat(block[:, :1], channels, axis=1)
    np.testing.assert_array_equal(one_channel(same, "mix"), block[:, 0])
    np.testing.assert_array_equal(block, before)
    assert mix.dtype == np.float32
    assert mix.flags.c_contiguous


def test_channels_are_counted_from_1_to_their_number():
    check_has_channel("mix", 2, "x")
    check_has_channel(2, 2, "x")
    with pytest.raises(AudioError, match=r"x: has 2 channels, so there is no channel 3\. Give 1 to 2, or 'mix'\."):
        check_has_channel(3, 2, "x")


def test_a_channel_is_the_mix_or_a_whole_number_from_1():
    check_channel("mix")
    check_channel(np.int64(2))
    for channel in (0, -1, 1.0, True, "left", None):
        with pytest.raises(ConfigurationError, match="channel is"):
            check_channel(channel)
