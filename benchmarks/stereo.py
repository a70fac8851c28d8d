"""A recording whose right channel comes late -> whether it still does so after its tempo was changed.

Lag: by how many samples the right channel of the copy comes late, where both channels are most alike. Coherence: how
alike they are there, as a correlation; 1 is the same wave.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from markdown_table import table
from scipy.signal import correlate
from stretchers import Way
from tempo_bars import COHERENCE, LAG
from tempo_measures import FACTORS, Sound
from tqdm import tqdm

from phonseg.timeline.grid import Samples

LATE = 22  # samples: 1.4 ms at 16 kHz, as from a microphone half a metre further away
REACH = 200  # samples


def late_on_the_right(samples: Samples) -> Samples:
    """(n, 2) samples: the same (n,) on both sides, on the right LATE samples later."""
    right = np.concatenate([np.zeros(LATE, samples.dtype), samples[:-LATE]])
    return np.stack([samples, right], axis=1)


def lag_and_coherence(samples: Samples) -> tuple[int, float]:
    """Of (n, 2) samples: by how many samples the right channel is late, up to REACH; and the correlation then."""
    left, right = samples.astype(np.float64).T
    middle = len(left) - 1
    found = correlate(right, left, method="fft")[middle - min(REACH, middle) : middle + REACH + 1]
    lag = int(np.argmax(found)) - min(REACH, middle)
    size = np.sqrt(np.square(left).sum() * np.square(right).sum())
    return lag, float(found.max() / size) if size else np.nan


def report(sounds: Sequence[Sound], taking_part: Sequence[Way]) -> str:
    """The lag and the coherence that every way leaves, over all factors, with phonseg's own maps."""
    rows = []
    found: dict[str, list[tuple[int, float]]] = {way.name: [] for way in taking_part}
    for sound, factor in tqdm(list(product(sounds, FACTORS)), desc="stereo", unit="copy", disable=None):
        maps = {mapped: sound.time_map(factor, mapped=mapped) for mapped in (False, True)}
        both = late_on_the_right(sound.samples)
        for way in taking_part:
            found[way.name].append(lag_and_coherence(way.stretch(both, sound.sample_rate, maps[way.mapped])))
    for name, some in found.items():
        lags, coherences = (np.array(values) for values in zip(*some, strict=True))
        off, coherence = int(np.abs(lags - LATE).max()), float(np.mean(coherences))
        kept = off <= LAG and coherence >= COHERENCE
        rows.append([name, f"{lags.min()} to {lags.max()}", f"{coherence:.3f}", "yes" if kept else "no"])
    titles = ["way", "lag, samples", "coherence, mean", "kept"]
    return f"The right channel is {LATE} samples late in the recordings; all factors.\n\n{table(titles, rows)}"
