"""Samples of several channels -> samples of one channel, or of the mean of all."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from phonseg.errors import AudioError, ConfigurationError
from phonseg.timeline.grid import Samples

Channel = Literal["mix"] | int


def check_channel(channel: Channel) -> None:
    """Raises an error unless the value can name a channel.

    Args:
        channel: "mix", or a whole number from 1.

    Raises:
        ConfigurationError: if `channel` is neither.
    """
    is_number = isinstance(channel, Integral) and not isinstance(channel, bool)
    if channel != "mix" and not (is_number and channel >= 1):
        raise ConfigurationError(f"channel is {channel!r}. Give 'mix', or the number of a channel, counted from 1.")


def check_has_channel(channel: Channel, channels: int, name: str) -> None:
    """Raises an error unless a recording has the channel.

    Args:
        channel: "mix", or the number of a channel, counted from 1.
        channels: how many channels the recording has.
        name: of the recording, for the message.

    Raises:
        AudioError: if the recording has fewer channels.
    """
    if channel != "mix" and channel > channels:
        has, choices = ("1 channel", "1") if channels == 1 else (f"{channels} channels", f"1 to {channels}")
        raise AudioError(f"{name}: has {has}, so there is no channel {channel}. Give {choices}, or 'mix'.")


def one_channel(block: Samples, channel: Channel) -> Samples:
    """Returns the samples of one channel, or the mean of all channels.

    Args:
        block: (n, channels) samples.
        channel: "mix" for the mean, or the number of a channel, counted from 1.

    Returns:
        (n,) samples. The mean of equal channels is exactly one of them.
    """
    channels = block.shape[1]
    if channel != "mix" or channels == 1:
        return np.ascontiguousarray(block[:, 0 if channel == "mix" else channel - 1])
    # Adding columns is 15 times faster than mean(axis=1). The sum of two equal float32 is exact; more need float64.
    total: NDArray[Any] = block[:, 0].astype(np.float32 if channels == 2 else np.float64)
    for column in block.T[1:]:
        total += column
    return np.asarray(total / channels, dtype=np.float32)
