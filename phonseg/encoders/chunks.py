"""Samples in blocks of any size -> overlapping chunks of samples, cut on a frame grid, with silence at both ends.

The chunks are cut on the grid alone, so that the frames do not depend on the blocks in which a recording was read. The
silence gives the first and the last frames as much context as all others have, and makes sure that appending more
silence changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from phonseg.timeline.grid import FrameGrid, Samples

# Frames per chunk: 15 s at a hop of 10 ms. In shorter chunks the fixed cost of running a network once per chunk counts;
# longer ones do not fit into the processor's cache when a network works on the waveform.
CHUNK_FRAMES = 1500


def silence_around(grid: FrameGrid, margin: int) -> int:
    """Returns how much silence is added at either end of a recording.

    It is enough for the first and the last kept frame, and the `margin` frames to either side of them, to lie in
    silence alone. A curve then begins and ends as it would with more silence.

    Args:
        grid: of the frames.
        margin: frames that are cut off both ends of every chunk.

    Returns:
        Samples, a whole number of hops.

    >>> silence_around(FrameGrid(16_000, hop=160, window=512), margin=2)
    1440
    """
    hops = -(-grid.window // grid.hop) + 1 + 2 * margin
    return hops * grid.hop


def chunk_grid(grid: FrameGrid, margin: int) -> FrameGrid:
    """Returns the grid of the kept frames of all chunks, on which sample 0 is the first sample of the recording.

    Args:
        grid: of the frames of one chunk.
        margin: frames that are cut off both ends of every chunk.

    Returns:
        The grid; its origin is negative, since the first frames lie in the added silence.
    """
    return grid.moved(margin * grid.hop - silence_around(grid, margin))


def frame_count(grid: FrameGrid, margin: int, n_samples: int) -> int:
    """Returns how many frames of a recording are kept; they tile `chunk_grid(grid, margin)`.

    Args:
        grid: of the frames of one chunk.
        margin: frames that are cut off both ends of every chunk.
        n_samples: of the recording, without the added silence.

    Returns:
        The number of frames of all chunks together.
    """
    return grid.count(n_samples + 2 * silence_around(grid, margin)) - 2 * margin


def chunks(blocks: Iterable[Samples], grid: FrameGrid, margin: int) -> Iterator[Samples]:
    """Cuts a recording into overlapping chunks of CHUNK_FRAMES + 2 * margin frames, CHUNK_FRAMES apart.

    Once `margin` frames are cut off both ends of every chunk, the other frames tile `chunk_grid(grid, margin)`, from
    before the first sample of the recording until after the last.

    Args:
        blocks: mono samples in blocks of any size.
        grid: of the frames of one chunk.
        margin: frames that will be cut off both ends of every chunk.

    Yields:
        The samples of one chunk; the last one may be shorter.
    """
    silence = np.zeros(silence_around(grid, margin), dtype=np.float32)
    step, length = CHUNK_FRAMES * grid.hop, grid.n_samples(CHUNK_FRAMES + 2 * margin)
    held, n_held = [silence], len(silence)
    for block in chain(blocks, [silence]):
        held.append(block)
        n_held += len(block)
        if n_held >= length + grid.hop:  # there is another frame, so this is not the last chunk
            joined = np.concatenate(held)
            while len(joined) >= length + grid.hop:
                yield joined[:length]
                joined = joined[step:]
            held, n_held = [joined], len(joined)
    yield np.concatenate(held)
