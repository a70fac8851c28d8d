"""A trained network and stretches of speech -> the closed forms beside it: sounds of everybody, factors, projection."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from phonseg.diarization.embedding.embedder import Embedder
from phonseg.diarization.embedding.i_vectors import (
    Mixture,
    WindowStatistics,
    fit_factors,
    fit_mixture,
    window_statistics,
)
from phonseg.diarization.embedding.plda import Plda, fit_plda
from phonseg.diarization.embedding.window_network import WindowNetwork
from phonseg.diarization.embedding.windows import Numbers, Windows, cepstra, freed_of_channel, windows_in
from phonseg.diarization.learning.stretches import Conversation, Stretches, conversations
from phonseg.errors import TrainingError

GAUSSIANS, RANK = 64, 64
GROUP = 4  # stretches in a conversation
MIXTURE_CONVERSATIONS, MIXTURE_STEP, MOST_FRAMES = 200, 4, 120_000  # every fourth frame of speech
CONVERSATIONS = 800
MOST_WINDOWS, SHORTEST_WINDOW = 12, 50  # of a stretch; frames


def learn_closed_forms(
    network: WindowNetwork, stretches: Stretches, seed: int, *, progress: bool
) -> tuple[Embedder, Plda]:
    """Learns what needs no gradient: a mixture of Gaussians, the factors of i-vectors, and the projection.

    Everything is learnt on conversations that are put together from stretches of different recordings, which are heard
    through one channel and freed of it together, as happens to a real conversation. In each, a stretch is a class.

    Args:
        network: trained, in evaluation mode.
        stretches: of each recording.
        seed: of everything random.
        progress: whether to show a progress bar.

    Returns:
        The embedder, and the projection of its vectors.

    Raises:
        TrainingError: if no stretch has two windows.
    """
    generator = np.random.default_rng([seed, 21])
    mixture = _mixture(stretches, seed, generator)

    def rounds(what: str) -> tqdm[Conversation]:
        made = conversations(stretches, GROUP, CONVERSATIONS, [seed, 23])
        return tqdm(made, desc=what, total=CONVERSATIONS, unit="conversation", disable=not progress)

    parts = [_of_whole_stretches(mixture, one) for one in rounds("factors")]
    statistics = WindowStatistics(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    embedder = Embedder(fit_factors(mixture, statistics, RANK, generator), network)
    found = [_embedded(embedder, one) for one in rounds("projection")]
    sizes = [len(vectors) for stretch in found for vectors in stretch]
    if sum(sizes) <= np.count_nonzero(sizes):  # nothing shows how the windows of one speaker differ
        raise TrainingError(
            "training speakers: no recording has a whole second of speech without a pause. Give others."
        )
    vectors = np.concatenate([vectors for stretch in found for vectors in stretch])
    return embedder, fit_plda(vectors, np.repeat(np.arange(len(sizes)), sizes))


def _mixture(stretches: Stretches, seed: int, generator: np.random.Generator) -> Mixture:
    made = conversations(stretches, GROUP, MIXTURE_CONVERSATIONS, [seed, 22])
    frames = [cepstra(freed_of_channel(one.frames, one.is_speech))[one.is_speech][::MIXTURE_STEP] for one in made]
    values = np.concatenate(frames)
    chosen = generator.choice(len(values), min(len(values), MOST_FRAMES), replace=False)
    return fit_mixture(values[np.sort(chosen)], min(GAUSSIANS, len(chosen)), generator)


def _of_whole_stretches(mixture: Mixture, one: Conversation) -> tuple[Numbers, Numbers]:
    """The statistics of the speech of each stretch."""
    values = cepstra(freed_of_channel(one.frames, one.is_speech))[one.is_speech]
    edges = np.concatenate([[0], np.cumsum(one.is_speech)])[one.edges]
    statistics = window_statistics(mixture, values, np.stack([edges[:-1], edges[1:]], axis=1))
    return statistics.counts, statistics.sums


def _embedded(embedder: Embedder, one: Conversation) -> list[Numbers]:
    """The vectors of some windows of each stretch."""
    windows = [_windows(one, first, end) for first, end in zip(one.edges[:-1], one.edges[1:], strict=True)]
    vectors = embedder.embed(one.frames, one.is_speech, np.concatenate(windows))
    return np.split(vectors, np.cumsum([len(some) for some in windows])[:-1])


def _windows(one: Conversation, first: int, end: int) -> Windows:
    edges = np.flatnonzero(np.diff(one.is_speech[first:end], prepend=False, append=False)).reshape(-1, 2) + first
    windows = windows_in([(a, b) for a, b in edges.tolist() if b - a >= SHORTEST_WINDOW])
    if len(windows) == 1 and (length := int(np.diff(windows)[0, 0])) >= 2 * SHORTEST_WINDOW:
        middle = int(windows[0, 0]) + length // 2  # the two halves show how windows of one speaker differ
        windows = np.array([[windows[0, 0], middle], [middle, windows[0, 1]]])
    return windows[:: max(1, -(-len(windows) // MOST_WINDOWS))]
