"""Recordings -> those that are trained on, and those that are held out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from phonseg.errors import ConfigurationError


def split(
    recordings: Sequence[Path], roots: Sequence[Path], held_out: float, generator: np.random.Generator
) -> tuple[list[Path], list[Path]]:
    """Split recordings into (for training, held out), never a speaker on both sides.

    A speaker is a folder below the roots; recordings that lie directly in a root count as a speaker each, and so do
    those of a single folder. Whole speakers are drawn until about `held_out` (0 to 1, 1 excluded) of the recordings
    are held out: at least one speaker, and never all of them. With `held_out` 0, or with one recording, nothing is.
    The draw depends on the generator and on which recordings there are, not on their order.

    Raises ConfigurationError when `held_out` is out of its range.
    """
    if not 0 <= held_out < 1:
        raise ConfigurationError(f"held_out is {held_out}. Give the part to be held out, from 0 to 1 (1 excluded).")
    speakers = [path if path.parent in roots else path.parent for path in recordings]
    if len(set(speakers)) == 1:
        speakers = list(recordings)
    drawn = _draw(speakers, held_out * len(recordings), generator)
    training = [path for path, speaker in zip(recordings, speakers, strict=True) if speaker not in drawn]
    validation = [path for path, speaker in zip(recordings, speakers, strict=True) if speaker in drawn]
    return training, validation


def _draw(speakers: Sequence[Path], targets: float, generator: np.random.Generator) -> set[Path]:
    """Speakers in random order, each taken if no more than `wanted` recordings are then held out."""
    sizes = dict.fromkeys(sorted(speakers), 0)
    for speaker in speakers:
        sizes[speaker] += 1
    if targets == 0 or len(sizes) < 2:
        return set()
    order = [list(sizes)[i] for i in generator.permutation(len(sizes))]
    drawn: set[Path] = set()
    room = math.floor(targets + 1e-9)
    for speaker in order:
        if sizes[speaker] <= room:
            drawn.add(speaker)
            room -= sizes[speaker]
    return drawn or {min(order, key=sizes.__getitem__)}
