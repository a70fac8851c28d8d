"""Segments of unlabelled recordings -> phone-like units, and targets for a network that learns to tell them apart.

Every segment between two boundaries is described by the spectrum of its first and of its last half, less the mean of
the recording's speech, which removes most of the speaker and the microphone. These segment embeddings are clustered,
and the clusters are the units. A network learns the unit of every frame, from augmented speech as well, so that it has
to learn sounds. Hsu et al. (2021) train a network on clusters; Kamper et al. (2017) cluster segments. No label is
involved.
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
from phonseg.objectives.supervision import SupervisedBatch, Supervision
from phonseg.timeline.grid import Frames, Times

# Cepstral coefficients of a half, and the share of a segment that is left out of it next to either boundary.
COEFFICIENTS, EDGE = 13, 0.1
# Seconds: longer segments hold more than one sound; frames nearer to a boundary do not count.
LONGEST, UNIT_UNSURE_ZONE = 0.5, 0.012
NOT_ASKED = -1  # the unit of frames that do not count
# The loudest steady noise, in nats relative to the loud frames (5 dB below them), since the network has to tell speech
# from pauses in it; and the frames on either side of a pause's edge that do not count.
LOUD_NOISE, UNSURE_FRAMES = -1.1, 2
# Segments that a unit must have on average.
SEGMENTS_PER_UNIT = 10


@dataclass(frozen=True)
class UnitAlignment:
    """One recording in units.

    Attributes:
        boundaries: (M,) seconds, increasing.
        units: (M - 1,) of the segments between them, from 0; NOT_ASKED if unknown.
        speech: regions in seconds, in time order; all else is silence.
    """

    boundaries: Times
    units: NDArray[np.int64]
    speech: Sequence[Region]

    def at(self, times: Times, silence: int) -> NDArray[np.int64]:
        """Returns the units at some times.

        Args:
            times: (T,) seconds.
            silence: the unit outside speech.

        Returns:
            (T,) units; NOT_ASKED near boundaries and in segments whose unit is unknown.
        """
        units = np.concatenate([[NOT_ASKED], self.units, [NOT_ASKED]])
        found = units[np.minimum(np.searchsorted(self.boundaries, times, side="right"), len(units) - 1)]
        found[to_nearest(times, self.boundaries) < UNIT_UNSURE_ZONE] = NOT_ASKED
        found[~within(times, self.speech, 0.0)] = silence
        return np.asarray(found, dtype=np.int64)


def segment_embeddings(frames: Frames, boundaries: Times, speech: Sequence[Region]) -> NDArray[np.float32]:
    """Describes every segment by the mean cepstra of its first and of its last half.

    Args:
        frames: (T, bands) log-mel frames of the recording.
        boundaries: (M,) seconds, increasing.
        speech: regions in seconds, in time order; other frames are left out.

    Returns:
        (M - 1, 2 * COEFFICIENTS); NaN for segments with fewer than two frames in speech or of LONGEST or more.
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
        n = len(of_sound)
        if n >= 2:
            found[segment] = np.concatenate([of_sound[: (n + 1) // 2].mean(axis=0), of_sound[n // 2 :].mean(axis=0)])
    return found


def cluster_segments(
    embeddings: Sequence[NDArray[np.float32]], units: int, seed: int
) -> tuple[list[NDArray[np.int64]], int]:
    """Clusters the segments of all recordings into units, by k-means.

    Args:
        embeddings: `segment_embeddings` of each recording, at least one.
        units: how many there are at most. There are fewer, down to 0, if there are fewer than SEGMENTS_PER_UNIT
            segments for each; segments with NaN do not count.
        seed: of k-means.

    Returns:
        The unit of each segment of each recording (NOT_ASKED for segments with NaN), and how many units there are.

    References:
        Hsu et al. (2021). HuBERT: Self-supervised speech representation learning by masked prediction of hidden units.
        IEEE/ACM TASLP.
        Kamper, Livescu and Goldwater (2017). An embedded segmental k-means model for unsupervised segmentation and
        clustering of speech. IEEE ASRU.
    """
    from sklearn.cluster import MiniBatchKMeans

    together = np.concatenate(embeddings)
    known = ~np.isnan(together).any(axis=1)
    n_units = min(units, int(known.sum()) // SEGMENTS_PER_UNIT)
    found = np.full(len(together), NOT_ASKED, dtype=np.int64)
    if n_units:
        kmeans = MiniBatchKMeans(n_units, random_state=seed, n_init=3, batch_size=4096)
        found[known] = kmeans.fit_predict(together[known])
    return np.split(found, np.cumsum([len(one) for one in embeddings])[:-1]), n_units


def unit_supervision(alignments: Mapping[Path, UnitAlignment], n_units: int) -> Supervision:
    """Returns the supervision of a unit network, which judges each frame.

    Args:
        alignments: of every recording, by its path.
        n_units: how many units there are; silence is one more, of this number.

    Returns:
        The supervision. Crops are changed as for the boundary network, but the noise is louder and pauses are
        inserted.

    References:
        Hsu et al. (2021). HuBERT: Self-supervised speech representation learning by masked prediction of hidden units.
        IEEE/ACM TASLP.
    """

    def targets(path: Path, times: Times) -> tuple[NDArray[np.int64]]:
        return (alignments[path].at(times, silence=n_units),)

    def augment(power: Tensor, targets: list[Tensor], generator: torch.Generator) -> SupervisedBatch:
        (units,) = targets
        power, beyond = insert_pauses(power, generator)
        reach = (power.shape[1] - units.shape[1]) // 2
        beyond = beyond[:, reach : reach + units.shape[1]]
        units = torch.where(beyond < 0, n_units, units)
        units = torch.where(beyond.abs() <= UNSURE_FRAMES, NOT_ASKED, units)
        return augment_spectrum(mix_talkers(power, generator), generator, loudest=LOUD_NOISE), [units]

    return Supervision("units", "held_out_unit_loss", targets, unit_loss, augment, offset=0.0, seed=7)


def unit_loss(scores: Tensor, units: Tensor) -> Tensor:
    """Returns the mean cross-entropy over the frames that count.

    Args:
        scores: (B, T, units + 1), before the softmax.
        units: (B, T), from 0; NOT_ASKED for frames that do not count.

    Returns:
        A scalar in nats; 0 if no frame counts.
    """
    losses = functional.cross_entropy(scores.transpose(1, 2), units, ignore_index=NOT_ASKED, reduction="sum")
    return losses / (units != NOT_ASKED).sum().clamp_min(1)
