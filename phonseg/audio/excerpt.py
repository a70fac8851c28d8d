"""A recording and two times -> the samples between them, for plots and players."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from phonseg.audio.recording import Recording
from phonseg.timeline.grid import Samples

EXCERPT_MARGIN = 0.010  # seconds on either side of an excerpt, so that its spectrogram reaches the edges
HIGHEST_EXCERPT_RATE = 48_000  # Hz: frequencies above half of this are not shown


class Excerpt(NamedTuple):
    """A part of a recording.

    Attributes:
        samples: (n,) mono samples.
        sample_rate: in Hz.
        start: where the first sample begins on the time axis of the recording, in seconds.
    """

    samples: Samples
    sample_rate: int
    start: float


def read_excerpt(
    recording: Recording,
    start: float,
    end: float,
    *,
    margin: float = EXCERPT_MARGIN,
    highest_rate: int = HIGHEST_EXCERPT_RATE,
) -> Excerpt:
    """Reads a part of a recording and keeps nothing else in memory.

    Args:
        recording: what to read from.
        start: where the part begins, in seconds, between the first and the last sample of the recording.
        end: where the part ends, in seconds, after `start`.
        margin: seconds that are added on either side, as far as the recording reaches.
        highest_rate: in Hz; a recording with a higher sample rate is resampled to this one.

    Returns:
        The excerpt, at the rate of the recording in whole Hz, or at `highest_rate`.

    Raises:
        AudioError: if the recording has changed since it was opened.
    """
    rate = min(round(recording.sample_rate), highest_rate)
    start, end = start - recording.first, end - recording.first
    first, last = max(0, round((start - margin) * rate)), round((end + margin) * rate)
    kept, done = [], 0
    for block in recording.blocks(rate):
        if done + len(block) > first:  # even an empty slice would keep the whole block in memory
            kept.append(block[max(0, first - done) : last - done])
        done += len(block)
        if done >= last:
            break
    return Excerpt(np.concatenate(kept), rate, recording.first + first / rate)
