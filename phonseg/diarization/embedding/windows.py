"""Regions of speech -> windows that are embedded; log-mel frames -> what speaks of the speaker, not of the channel."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from phonseg.encoders.log_mel import LogMel

Numbers = NDArray[np.float64]
LogFrames = NDArray[np.float32]  # (T, bands), natural logarithms of power
Windows = NDArray[np.int64]  # (W, 2), the first frame of each and the frame after its last

# The features of speakers. What is fainter than 40 dB below the loud frames counts as equally silent.
FEATURES = LogMel(window=400, bands=40, floor=1e-4)
FRAMES_PER_SECOND = FEATURES.sample_rate // FEATURES.hop
# Frames: the length of a window, and about how far the next one begins after it.
WINDOW, STEP = 150, 25
CEPSTRA = 20
REACH = 2  # frames on either side from which the change of a cepstrum is measured


def windows_in(runs: Iterable[tuple[int, int]], step: int = STEP) -> Windows:
    """Returns the windows of runs of speech.

    Args:
        runs: the first frame of each run and the frame after its last.
        step: frames from one window to the next, at most; in each run they are equally far from each other.

    Returns:
        The windows in time order. One that is shorter than WINDOW is a whole run.

    >>> windows_in([(0, 100), (200, 360)]).tolist()
    [[0, 100], [200, 350], [210, 360]]
    """
    found = []
    for first, end in runs:
        if end - first <= WINDOW:
            found.append((first, end))
            continue
        count = -(-(end - first - WINDOW) // step) + 1
        starts = np.rint(np.linspace(first, end - WINDOW, count)).astype(int).tolist()
        found += [(start, start + WINDOW) for start in starts]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def freed_of_channel(frames: LogFrames, is_speech: NDArray[np.bool_]) -> LogFrames:
    """Returns frames less their mean over speech, in which a constant channel is left out.

    Args:
        frames: (T, bands) of a recording, or of what stands for one.
        is_speech: (T,) which frames are speech.

    Returns:
        (T, bands) frames.
    """
    mean = frames[is_speech].mean(axis=0) if is_speech.any() else np.float32(0)
    return np.asarray(frames - mean, dtype=np.float32)


def cepstra(frames: LogFrames) -> Numbers:
    """Returns cepstra and how fast they change.

    Args:
        frames: (T, bands) freed of their channel.

    Returns:
        (T, 2 * CEPSTRA) cepstra, and then their slopes per frame over REACH frames on either side.
    """
    static = dct(frames.astype(np.float64), axis=1, norm="ortho")[:, :CEPSTRA]
    padded = np.pad(static, ((REACH, REACH), (0, 0)), mode="edge")
    n = len(static)
    slopes = sum(
        k * (padded[REACH + k : REACH + k + n] - padded[REACH - k : REACH - k + n]) for k in range(1, REACH + 1)
    )
    return np.concatenate([static, slopes / (2 * sum(k * k for k in range(1, REACH + 1)))], axis=1)
