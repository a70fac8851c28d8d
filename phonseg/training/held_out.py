"""Recordings -> those to train on, and those to hold out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from phonseg.errors import ConfigurationError


def split(
    recordings: Sequence[Path], roots: Sequence[Path], held_out: float, generator: np.random.Generator
) -> tuple[list[Path], list[Path]]:
    """Splits recordings into those to train on and those to hold out, with no speaker on both sides.

    A speaker is a folder below the roots. Recordings that lie directly in a root count as one speaker each; so do all
    recordings if they lie in a single folder. Speakers are drawn until about the wanted share of recordings is held
    out: at least one speaker, and never all of them. The draw depends on the generator and on the set of recordings,
    not on their order.

    Args:
        recordings: their paths.
        roots: the folders that were searched for them.
        held_out: the share of recordings to hold out, 0 to 1 (1 excluded). With 0, or with a single recording, none is
            held out.
        generator: for the draw.

    Returns:
        The recordings to train on, and those held out, each in their order.

    Raises:
        ConfigurationError: if `held_out` is out of its range.
    """
    if not 0 <= held_out < 1:
        raise ConfigurationError(f"held_out is {held_out}. Give the part to be held out, from 0 to 1 (1 excluded).")
    speakers = [path if path.parent in roots else path.parent for path in recordings]
    if len(set(speakers)) == 1:
        speakers = list(recordings)
    drawn = _draw(speakers, held_out * len(recordings), generator)
    training: list[Path] = []
    validation: list[Path] = []
    for path, speaker in zip(recordings, speakers, strict=True):
        (validation if speaker in drawn else training).append(path)
    return training, validation


def _draw(speakers: Sequence[Path], wanted: float, generator: np.random.Generator) -> set[Path]:
    """Draws speakers in random order; each is taken if no more than `wanted` recordings are then held out."""
    sizes = Counter(sorted(speakers))
    if wanted == 0 or len(sizes) < 2:
        return set()
    order = [list(sizes)[i] for i in generator.permutation(len(sizes))]
    drawn: set[Path] = set()
    room = math.floor(wanted + 1e-9)
    for speaker in order:
        if sizes[speaker] <= room:
            drawn.add(speaker)
            room -= sizes[speaker]
    return drawn or {min(order, key=sizes.__getitem__)}
