"""A recording, taken to lie in endless silence, cut into overlapping pieces on a frame grid.

The pieces are cut on the grid alone, whatever blocks the recording was read in, so that the frames do not depend on
the blocks. The silence at both ends gives the first and the last frames the context that all others have, and makes
appended silence a thing that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from phonseg.timeline.grid import FrameGrid

Samples = NDArray[np.float32]

# Fifteen seconds at a hop of 10 ms. In shorter pieces, what a network of frames does once for each piece counts; longer
# ones fall out of the processor's cache where a network sees the waveform.
CHUNK_FRAMES = 1500


def silence_around(grid: FrameGrid, margin: int) -> int:
    """Samples of silence on either side: whole hops, and enough for the first and the last kept frame.

    They and the `margin` frames to either side of them see nothing else, so that a curve begins and ends as it would
    if there were more silence.
    """
    hops = -(-grid.window // grid.hop) + 1 + 2 * margin
    return hops * grid.hop


def chunk_grid(grid: FrameGrid, margin: int) -> FrameGrid:
    """The grid of the frames that are kept when `margin` frames are cut off both ends of every piece."""
    return grid.moved(margin * grid.hop - silence_around(grid, margin))


def frame_count(grid: FrameGrid, margin: int, n_samples: int) -> int:
    """How many frames of a recording of so many samples are kept: they tile `piece_grid(grid, margin)`."""
    return grid.count(n_samples + 2 * silence_around(grid, margin)) - 2 * margin


def chunks(blocks: Iterable[Samples], grid: FrameGrid, margin: int) -> Iterator[Samples]:
    """Samples of FRAMES + 2 * margin frames at a time, the last piece shorter; successive pieces advance by FRAMES.

    blocks: mono samples in blocks of any size. Once `margin` frames are cut off both ends of every piece, the rest
    tile the grid `piece_grid(grid, margin)` from before the first sample until after the last.
    """
    silence = np.zeros(silence_around(grid, margin), dtype=np.float32)
    step, length = CHUNK_FRAMES * grid.hop, grid.n_samples(CHUNK_FRAMES + 2 * margin)
    held: list[Samples] = []
    n_held = 0
    for block in _with_silence(blocks, silence):
        held.append(block)
        n_held += len(block)
        while n_held >= length + grid.hop:  # one frame more is there, so this is not the last piece
            joined = np.concatenate(held)
            yield joined[:length]
            held, n_held = [joined[step:]], n_held - step
    yield np.concatenate(held)


def _with_silence(blocks: Iterable[Samples], silence: Samples) -> Iterator[Samples]:
    yield silence
    yield from blocks
    yield silence
