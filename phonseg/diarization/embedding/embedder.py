"""Log-mel frames of a recording -> a vector for each window: i-vector, statistics, and the vector of the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.diarization.embedding.i_vectors import Factors, window_statistics
from phonseg.diarization.embedding.window_network import WindowNetwork
from phonseg.diarization.embedding.windows import (
    CEPSTRA,
    REACH,
    LogFrames,
    Numbers,
    Windows,
    cepstra,
    freed_of_channel,
)

BLOCK = 400  # windows in time order that are worked on at once, of nearly two minutes; memory grows with it
QUIET_SHARE = 0.3  # of the frames of a window, which are left out of its statistics
# Added to standard deviations before their logarithm is taken, so that a window in which nothing moves is not far away.
LEAST_DEVIATION = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Embedder:
    """What turns windows into vectors.

    Attributes:
        factors: for i-vectors.
        network: in evaluation mode.
    """

    factors: Factors
    network: WindowNetwork

    def embed(self, frames: LogFrames, is_speech: NDArray[np.bool_], windows: Windows) -> Numbers:
        """Returns the vectors of windows.

        Args:
            frames: (T, bands) of a recording, or of several that share a channel.
            is_speech: (T,) which frames are speech; their mean is the channel.
            windows: W of them.

        Returns:
            (W, D) i-vectors, then statistics, then the vectors of the network.
        """
        freed, loudness = freed_of_channel(frames, is_speech), frames.mean(axis=1)
        blocks = np.array_split(windows, max(1, -(-len(windows) // BLOCK)))
        others = np.concatenate([self._of_cepstra(freed, loudness, block) for block in blocks])
        return np.concatenate([others, self.network.embed(freed, windows)], axis=1)

    def _of_cepstra(self, freed: LogFrames, loudness: NDArray[np.float32], windows: Windows) -> Numbers:
        """The i-vectors and the statistics of windows. Only the frames from the first window to the last are used."""
        first = max(0, int(windows.min()) - REACH) if len(windows) else 0
        here = slice(first, int(windows.max(initial=0)) + REACH)
        values, moved = cepstra(freed[here]), windows - first
        i_vectors = self.factors.i_vectors(window_statistics(self.factors.mixture, values, moved))
        return np.concatenate([i_vectors, statistics_of_louder(values[:, :CEPSTRA], loudness[here], moved)], axis=1)


def statistics_of_louder(values: Numbers, loudness: NDArray[np.float32], windows: Windows) -> Numbers:
    """Returns the means and the spread of cepstra over the louder frames of windows.

    Args:
        values: (T, D) cepstra.
        loudness: (T,) of each frame, in any unit that rises with power.
        windows: W of them.

    Returns:
        (W, 2 * D) means, and logarithms of standard deviations.
    """
    found = [np.zeros((0, 2 * values.shape[1]))]
    for first, end in windows:
        here = loudness[first:end]
        chosen = values[first:end][here >= np.quantile(here, QUIET_SHARE)]
        found.append(np.concatenate([chosen.mean(axis=0), np.log(chosen.std(axis=0) + LEAST_DEVIATION)])[None])
    return np.concatenate(found)
