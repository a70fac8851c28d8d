"""Phone-like units: the kinds of sounds that the segments of unlabelled recordings fall into.

Every segment between two boundaries is described by the spectrum of its first and of its last half, less the mean
of the recording's speech, which takes most of the speaker and the microphone out; and the segments are clustered. A
network that learns to tell the cluster of every frame, in rough copies of the speech as well, ends up with sounds
(Hsu et al., 2021, train HuBERT on clusters; Kamper et al., 2017, cluster segments). No label is involved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from phonseg.augmentation.spectral import augment_spectrum, insert_pauses, mix_talkers
from phonseg.detection.speech_activity import Region, within
from phonseg.objectives.pseudo_labels import to_nearest
from phonseg.objectives.supervision import Supervision
from phonseg.timeline.grid import Frames, Times

# Cepstral coefficients of a half; the share of a segment next to either boundary that is left out of it.
COEFFICIENTS, EDGE = 13, 0.1
# Seconds: a segment that lasts longer holds more than one sound; nothing is asked this near to a boundary.
LONGEST, UNSURE_ZONE = 0.5, 0.012
NOT_ASKED = -1
# The loudest steady noise, in nats relative to the loud frames (5 dB below them), since speech and pauses in it must be
# told apart; and the frames next to a pause that are not asked.
LOUD_NOISE, UNSURE_FRAMES = -1.1, 2
# As many segments are needed, on average, to make a cluster of them.
SEGMENTS_PER_UNIT = 10


@dataclass(frozen=True)
class UnitAlignment:
    """One recording in units.

    boundaries (M,): seconds, increasing. units (M - 1,) of the segments between them, from 0; NOT_ASKED where none is
    known. speech: regions; all else is silence.
    """

    boundaries: Times
    units: NDArray[np.int64]
    speech: Sequence[Region]

    def at(self, times: Times, silence: int) -> NDArray[np.int64]:
        """(T,) units at (T,) seconds: `silence` outside speech, NOT_ASKED near boundaries and where none is known."""
        units = np.concatenate([[NOT_ASKED], self.units, [NOT_ASKED]])
        found = units[np.minimum(np.searchsorted(self.boundaries, times, side="right"), len(units) - 1)]
        found[to_nearest(times, self.boundaries) < UNSURE_ZONE] = NOT_ASKED
        found[~within(times, self.speech, 0.0)] = silence
        return np.asarray(found, dtype=np.int64)


def segment_embeddings(frames: Frames, boundaries: Times, speech: Sequence[Region]) -> NDArray[np.float32]:
    """(M - 1, 2 * COEFFICIENTS) cepstra of the first and the last half of every segment between (M,) boundaries.

    frames: log-mel, (T, bands). A segment with fewer than two frames in speech, or not shorter than LONGEST, has NaN.
    """
    from scipy.fft import dct

    times = frames.grid.centre(np.arange(len(frames.values)))
    is_speech = within(times, speech, 0.0)
    mean = frames.values[is_speech].mean(axis=0) if is_speech.any() else 0.0
    cepstra = dct(frames.values - mean, norm="ortho", axis=1)[:, :COEFFICIENTS]
    found = np.full((max(0, len(boundaries) - 1), 2 * COEFFICIENTS), np.nan, dtype=np.float32)
    starts, ends = boundaries[:-1], boundaries[1:]
    edges = EDGE * (ends - starts)
    firsts, lasts = np.searchsorted(times, starts + edges), np.searchsorted(times, ends - edges)
    for segment in np.flatnonzero(ends - starts < LONGEST):
        inside = slice(firsts[segment], lasts[segment])
        of_sound = cepstra[inside][is_speech[inside]]
        if len(of_sound) >= 2:
            n = len(of_sound)
            found[segment] = np.concatenate([of_sound[: (n + 1) // 2].mean(axis=0), of_sound[n // 2 :].mean(axis=0)])
    return found


def cluster_segments(
    embeddings: Sequence[NDArray[np.float32]], units: int, seed: int
) -> tuple[list[NDArray[np.int64]], int]:
    """Which of so many units each segment of each recording is, and how many units there are.

    described: `descriptions` of each recording, at least one. There are `units` units, or fewer where there are fewer
    than SEGMENTS_A_UNIT described segments for each, down to none. seed: of k-means.
    """
    from sklearn.cluster import MiniBatchKMeans

    together = np.concatenate(embeddings)
    known = ~np.isnan(together).any(axis=1)
    n_units = min(units, int(known.sum()) // SEGMENTS_PER_UNIT)
    found = np.full(len(together), NOT_ASKED, dtype=np.int64)
    if n_units:
        kmeans = MiniBatchKMeans(n_units, random_state=seed, n_init=3, batch_size=4096)
        found[known] = kmeans.fit(together[known]).labels_
    return np.split(found, np.cumsum([len(one) for one in embeddings])[:-1]), n_units


def unit_supervision(alignments: Mapping[Path, UnitAlignment], n_units: int) -> Supervision:
    """To tell the unit of every frame, also in louder noise than boundaries are learnt in, and in pauses there."""

    def targets(path: Path, times: Times) -> tuple[NDArray[np.int64]]:
        return (alignments[path].at(times, silence=n_units),)

    def augment(power: Tensor, targets: list[Tensor], generator: torch.Generator) -> tuple[Tensor, list[Tensor]]:
        (units,) = targets
        power, beyond = insert_pauses(power, generator)
        reach = (power.shape[1] - units.shape[1]) // 2
        beyond = beyond[:, reach : reach + units.shape[1]]
        units = torch.where(beyond < 0, n_units, units)
        units = torch.where(beyond.abs() <= UNSURE_FRAMES, NOT_ASKED, units)
        return augment_spectrum(mix_talkers(power, generator), generator, loudest=LOUD_NOISE), [units]

    return Supervision("units", "held_out_unit_loss", targets, unit_loss, augment, offset=0.0, seed=7)


def unit_loss(scores: Tensor, units: Tensor) -> Tensor:
    """Mean cross-entropy, in nats, over the frames that are asked. scores: (B, T, units + 1). units: (B, T)."""
    losses = functional.cross_entropy(scores.transpose(1, 2), units, ignore_index=NOT_ASKED, reduction="sum")
    return losses / (units != NOT_ASKED).sum().clamp_min(1)
