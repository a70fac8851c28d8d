"""A recording and two times -> the lowest and the highest sample in each of many columns, in constant memory."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from phonseg.audio.recording import Recording
from phonseg.timeline.grid import Samples, Times

LEAST_COLUMNS = 2_000  # as many as can be distinguished across a picture


class Envelope(NamedTuple):
    """How far the samples of a part of a recording reach.

    Attributes:
        times: (n,) seconds, where each column begins on the time axis of the recording.
        lowest: (n,) the lowest sample in each column.
        highest: (n,) the highest.
    """

    times: Times
    lowest: Samples
    highest: Samples


def envelope_of(samples: Samples, sample_rate: int, start: float) -> Envelope:
    """Returns the envelope of samples in memory.

    Args:
        samples: (n,) mono samples, at least one.
        sample_rate: in Hz.
        start: seconds, where the first sample begins.

    Returns:
        The envelope, in 2000 to 4000 columns, or in as many as there are samples.
    """
    firsts = np.arange(0, len(samples), max(1, len(samples) // LEAST_COLUMNS))
    extremes = np.minimum.reduceat(samples, firsts), np.maximum.reduceat(samples, firsts)
    return Envelope(start + firsts / sample_rate, *extremes)


def read_envelope(recording: Recording, start: float, end: float) -> Envelope:
    """Reads the envelope of a part of a recording, block by block.

    Args:
        recording: what to read from.
        start: where the part begins, in seconds, between the first and the last sample of the recording.
        end: where the part ends, in seconds, after `start`.

    Returns:
        The envelope, in 2000 to 4000 columns, or in as many as there are samples.

    Raises:
        AudioError: if the recording has changed since it was opened.
    """
    rate = round(recording.sample_rate)
    last = min(recording.length(rate), round((end - recording.first) * rate))
    first = min(max(0, round((start - recording.first) * rate)), last - 1)
    size = max(1, (last - first) // LEAST_COLUMNS)
    columns = np.arange(first, last, size)
    lowest, highest = np.full(len(columns), np.inf, np.float32), np.full(len(columns), -np.inf, np.float32)
    done = 0
    for block in recording.blocks(rate):
        part = block[max(0, first - done) : max(0, last - done)]
        if len(part):
            column, inside = divmod(max(0, done - first), size)
            cuts = np.maximum(np.arange(-inside, len(part), size), 0)
            here = slice(column, column + len(cuts))
            lowest[here] = np.minimum(lowest[here], np.minimum.reduceat(part, cuts))
            highest[here] = np.maximum(highest[here], np.maximum.reduceat(part, cuts))
        done += len(block)
        if done >= last:
            break
    return Envelope(recording.first + columns / rate, lowest, highest)
