"""Recording -> the samples of a part of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from phonseg.audio.channels import Samples
from phonseg.audio.recording import Recording

MARGIN = 0.010  # seconds on either side of an excerpt, so that the spectrogram reaches its edges


HIGHEST_RATE = 48_000  # Hz: what lies above cannot be seen


class Excerpt(NamedTuple):
    """Mono samples (n,) at `sample_rate` Hz, the first of them at `start` seconds."""

    samples: Samples
    sample_rate: int
    start: float


def read_excerpt(
    recording: Recording, start: float, end: float, *, margin: float = MARGIN, highest_rate: int = HIGHEST_RATE
) -> Excerpt:
    """Read from `start` to `end` seconds and `margin` (10 ms) more on either side; nothing else is held.

    At the rate of the recording, in whole Hz, but `highest_rate` at most.
    """
    rate = min(round(recording.sample_rate), highest_rate)
    first, last = max(0, round((start - margin) * rate)), round((end + margin) * rate)
    kept, done = [], 0
    for block in recording.blocks(rate):
        if done + len(block) > first:  # even an empty slice would hold the whole block
            kept.append(block[max(0, first - done) : last - done])
        done += len(block)
        if done >= last:
            break
    return Excerpt(np.concatenate(kept), rate, first / rate)
