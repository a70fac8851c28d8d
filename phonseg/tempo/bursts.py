"""Recording -> its bursts: the places where a closure opens at once, as in [p], [t] and [k].

A burst is short, so whoever repeats or drops a part of it makes another sound of it. It is told from the beginning of a
vowel or of [s] by four things: the level rises within milliseconds; it was low for a while before, as in a closure; it
was low throughout, not only between the pulses of a voice; and it does not go on rising step by step.

Labels are not needed. Those of 80 English sentences were used to compare criteria of this kind, and coarse steps of the
numbers below. There is little to choose between 9 and 15 dB for the rise, 15 and 21 dB for the closure, and 1 and 2 kHz
for the band.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.level import SILENT_SHARE, loud_level
from phonseg.audio.recording import Recording
from phonseg.timeline.grid import Times

RATE, HOP = 16_000, 16  # Hz and samples: the level is measured once per millisecond
LOW_CUT = 1_500.0  # Hz: below it, the voice goes on during the closure of [b], [d] and [g]
RISE_MS, RISE_DECIBELS = 4, 12.0  # the level of a burst rises by more than this within RISE_MS
PEAK_MS = 8  # the burst is loudest within so many milliseconds after the rise
# Milliseconds before the rise in which the closure must show. The shortest closures, of flaps, last about 20 ms.
CLOSURE_MS = slice(-20, -2)
# A burst exceeds the mean level of the closure by this, and four fifths of the closure by that. Between the pulses of a
# low voice the level falls as far, but not for so long.
CLOSURE_DECIBELS, FIFTH_DECIBELS = 18.0, 13.0
# A sound that fades in rises by about 6, 3.5 and 2.5 dB from each STEP_MS to the next. What rises by half of each is no
# burst, which falls, or stays, before the next sound begins.
STEP_MS, STEP_DECIBELS = 5, (3.0, 1.75, 1.25)
FAINTEST = -30.0  # decibels below the loud level: fainter bursts are lost in the noise of most recordings


class Bursts(NamedTuple):
    """Where closures open.

    Attributes:
        times: (N,) seconds from the first sample, increasing: the middle of the rise.
        strengths: (N,) decibels by which the burst exceeds its closure.
    """

    times: Times
    strengths: Times


def find_bursts(recording: Recording) -> Bursts:
    """Finds the bursts of a recording.

    Args:
        recording: what to read.

    Returns:
        The bursts; none in silence.

    Raises:
        AudioError: if the recording has changed since it was opened.
    """
    power = np.concatenate([np.zeros(0, np.float32), *_powers(recording)])
    loud = loud_level(power)
    if loud <= 0:
        return Bursts(np.zeros(0), np.zeros(0))
    smooth = np.convolve(power, np.full(3, 1 / 3, np.float32), "same")
    level = 10 * np.log10(np.maximum(smooth / np.float32(loud), np.float32(SILENT_SHARE)))
    return _bursts(level)


def _powers(recording: Recording) -> Iterator[NDArray[np.float32]]:
    """Yields the power above LOW_CUT in each millisecond, block by block."""
    from scipy.signal import butter, sosfilt, sosfilt_zi

    sections = butter(4, LOW_CUT, "high", fs=RATE, output="sos").astype(np.float32)
    state = None
    for block in recording.blocks(RATE):
        if state is None:
            state = (sosfilt_zi(sections) * block[0]).astype(np.float32)  # as if the first sample had lasted forever
        high, state = sosfilt(sections, block, zi=state)
        whole = np.pad(np.square(high), (0, -len(high) % HOP))
        yield whole.reshape(-1, HOP).mean(axis=1)


def _bursts(level: NDArray[np.float32]) -> Bursts:
    """Finds the bursts in the level of each millisecond, in decibels of the loud level."""
    from scipy.ndimage import maximum_filter1d

    half, before = RISE_MS // 2, -CLOSURE_MS.start
    around = np.pad(level, (before, STEP_MS * (1 + len(STEP_DECIBELS))), mode="edge")
    rise = around[before + half :][: len(level)] - around[before - half :][: len(level)]
    places = np.flatnonzero((rise > RISE_DECIBELS) & (rise == maximum_filter1d(rise, 2 * PEAK_MS + 1)))
    window = places[:, np.newaxis] + before
    closure = np.sort(around[window + np.arange(CLOSURE_MS.start, CLOSURE_MS.stop)])
    after = around[window + np.arange(STEP_MS * (1 + len(STEP_DECIBELS)))]
    peak = after[:, : PEAK_MS + 1].max(axis=1)
    steps = np.diff(after.reshape(len(places), 1 + len(STEP_DECIBELS), STEP_MS).max(axis=2))
    strengths = peak - closure.mean(axis=1)
    fifth = closure[:, round(0.8 * closure.shape[1])]
    kept = (strengths > CLOSURE_DECIBELS) & (peak - fifth > FIFTH_DECIBELS) & (peak > FAINTEST)
    kept &= ~np.all(steps > STEP_DECIBELS, axis=1)
    return Bursts((places[kept] + 0.5) * HOP / RATE, strengths[kept].astype(np.float64))
