"""One recording heard: its level, where its speech is, and its dissimilarity curve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from phonseg.audio import Recording, Samples
from phonseg.encoder import LogMel
from phonseg.pieces import piece_grid, pieces
from phonseg.speech import Region, broad_band_decibels, loud_level, speech_regions
from phonseg.timeline import Curve, Frames
from phonseg.view import View

# Recordings up to this many seconds are decoded once and held; longer ones are read again for each pass.
HELD_SECONDS = 600.0


@dataclass(frozen=True)
class Hearing:
    """speech: regions in time order. level: power of the loud frames, in mel bands; 0 for digital silence."""

    curve: Curve
    speech: tuple[Region, ...]
    level: float


def hear(recording: Recording, views: Sequence[View]) -> Hearing:
    """Hear a recording twice: first for its level and its speech, then, at level 1, for the curve.

    views: at least one, all on the same frame grid. The memory used does not grow with the recording, apart from a
    few numbers a frame.
    """
    grid = views[0].encoder.grid
    blocks = _reader(recording, grid.sample_rate)
    level, speech = _level_and_speech(blocks(), grid.sample_rate)
    gain = np.float32(1 / np.sqrt(level) if level > 0 else 0)
    margin = max(view.contrast.reach for view in views)
    values = [
        np.sum([_values(view, piece * gain, margin) for view in views], axis=0)
        for piece in pieces(blocks(), grid, margin)
    ]
    return Hearing(Curve(np.concatenate(values).astype(np.float32), piece_grid(grid, margin)), speech, level)


def listen(recording: Recording, sample_rate: int) -> float:
    """The level alone, as `Hearing` has it."""
    return _level_and_speech(recording.blocks(sample_rate), sample_rate)[0]


def _reader(recording: Recording, sample_rate: int) -> Callable[[], Iterator[Samples]]:
    """What gives a fresh pass over the samples each time it is called."""
    if recording.duration > HELD_SECONDS:
        return lambda: recording.blocks(sample_rate)
    held = list(recording.blocks(sample_rate))
    return lambda: iter(held)


def _level_and_speech(blocks: Iterator[Samples], sample_rate: int) -> tuple[float, tuple[Region, ...]]:
    ear = _ear(sample_rate)
    powers, decibels = [], []
    for piece in pieces(blocks, ear.grid, margin=0):
        with torch.inference_mode():
            power = ear.power(torch.from_numpy(piece)[None])[0].numpy()
        powers.append(power.mean(axis=1))
        decibels.append(broad_band_decibels(power))
    power = np.concatenate(powers)
    level = loud_level(power)
    if level == 0:
        return 0.0, ()
    return level, tuple(speech_regions(np.concatenate(decibels), power, level, piece_grid(ear.grid, margin=0)))


@cache
def _ear(sample_rate: int) -> LogMel:
    """What level and speech are measured with; made once, since short recordings take less time than it does."""
    return LogMel(window=256, sample_rate=sample_rate)


def _values(view: View, piece: Samples, margin: int) -> NDArray[np.float32]:
    values = view.contrast(Frames(view.encoder.encode(piece), view.encoder.grid)).values
    return np.asarray(values[margin : len(values) - margin] * np.float32(view.weight), dtype=np.float32)
