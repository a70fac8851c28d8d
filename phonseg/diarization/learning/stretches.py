"""Training items -> stretches of speech in memory, each with one speaker most likely, and groups of them.

The assumption on which all else rests: whoever speaks in a stretch of a few seconds is one person, and stretches of
different recordings come from different persons. Both are wrong now and then, which learning survives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from phonseg.diarization.embedding.windows import FEATURES, FRAMES_PER_SECOND
from phonseg.diarization.speech_frames import read_speech_frames
from phonseg.model.speech import level_and_speech
from phonseg.training.crops import TrainingItem

LONGEST_STRETCH = 10 * FRAMES_PER_SECOND  # frames; a longer recording is cut into several
LEAST_SPEECH = FRAMES_PER_SECOND  # frames of speech in a stretch that is used
LOUDEST = float(np.finfo(np.float16).max)  # power at level 1 that is held; only that of a loud click is higher
MOST_HOURS = 10  # of speech that is held in memory, in 0.3 GB; more recordings are left out at random


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A few seconds of a recording.

    Attributes:
        power: (T, bands) float16 mel-band power at level 1.
        is_speech: (T,) which frames are speech.
    """

    power: NDArray[np.float16]
    is_speech: NDArray[np.bool_]


Stretches = Sequence[Sequence[Stretch]]  # of each recording


def read_stretches(items: Sequence[TrainingItem], generator: np.random.Generator, *, progress: bool) -> Stretches:
    """Reads recordings into memory, at most MOST_HOURS of them.

    Args:
        items: the recordings.
        generator: for the draw, if there are more.
        progress: whether to show a progress bar.

    Returns:
        The stretches of each recording that has any, in the order of the items.

    Raises:
        AudioError: if a recording cannot be read any more.
    """
    order = generator.permutation(len(items))
    hours = np.cumsum([items[place].duration for place in order]) / 3600
    chosen = sorted(order[: max(1, int(np.searchsorted(hours, MOST_HOURS, side="right")))].tolist())
    shown = tqdm(chosen, desc="speech", unit="file", disable=not progress)
    found = [_stretches(items[place]) for place in shown]
    return [stretches for stretches in found if stretches]


def _stretches(item: TrainingItem) -> list[Stretch]:
    recording, rate = item.open(), FEATURES.sample_rate
    # Loudness alone: most recordings to learn from are clean, and what is learnt does not depend on another model.
    level, speech, _ = level_and_speech(recording.blocks(rate), recording.length(rate), rate)
    spoken = read_speech_frames(recording, level, speech)
    power = np.exp(spoken.frames) - np.float32(FEATURES.floor)
    n = max(1, -(-len(power) // LONGEST_STRETCH))
    parts = zip(np.array_split(power, n), np.array_split(spoken.is_speech, n), strict=True)
    return [
        Stretch(np.clip(some, 0, LOUDEST).astype(np.float16), speech)
        for some, speech in parts
        if speech.sum() >= LEAST_SPEECH
    ]


def draw_group(stretches: Stretches, size: int, generator: np.random.Generator) -> list[Stretch]:
    """Draws stretches of different recordings; of the same only if there are too few recordings.

    Args:
        stretches: of each recording.
        size: how many.
        generator: for the draw.

    Returns:
        The stretches, in random order.
    """
    rounds = -(-size // len(stretches))
    places = np.concatenate([generator.permutation(len(stretches)) for _ in range(rounds)])[:size]
    return [stretches[place][int(generator.integers(len(stretches[place])))] for place in places.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class Conversation:
    """A few stretches one after the other, in one channel: what stands for a recording with several speakers.

    Attributes:
        frames: (T, bands) log-mel frames at level 1.
        is_speech: (T,) which frames are speech.
        edges: of the stretches, one more than there are of them.
    """

    frames: NDArray[np.float32]
    is_speech: NDArray[np.bool_]
    edges: NDArray[np.int64]


def conversations(stretches: Stretches, size: int, count: int, seed: Sequence[int]) -> Iterator[Conversation]:
    """Yields stretches of several recordings as conversations, each in another room or over another telephone.

    Args:
        stretches: of each recording.
        size: how many stretches are in one conversation.
        count: how many conversations.
        seed: of everything random; the same conversations come from the same seed.
    """
    from phonseg.audio.level import loud_level
    from phonseg.augmentation.channel import change_channel

    generator = np.random.default_rng(seed)
    for _ in range(count):
        group = draw_group(stretches, size, generator)
        levels = 10 ** generator.uniform(-0.2, 0.2, size)
        power = [
            stretch.power.astype(np.float32) * np.float32(level) for stretch, level in zip(group, levels, strict=True)
        ]
        joined: Tensor = torch.from_numpy(np.concatenate(power))[None, None]
        changed = change_channel(joined, torch_generator(generator))[0, 0].numpy()
        frames = np.log(changed / loud_level(changed.mean(axis=1)) + np.float32(FEATURES.floor))
        edges = np.cumsum([0, *(len(stretch.power) for stretch in group)])
        yield Conversation(frames, np.concatenate([stretch.is_speech for stretch in group]), edges)


def torch_generator(generator: np.random.Generator) -> torch.Generator:
    """Returns a generator of PyTorch, seeded by one of numpy.

    Args:
        generator: of numpy, from which one number is drawn.
    """
    return torch.Generator().manual_seed(int(generator.integers(2**62)))
