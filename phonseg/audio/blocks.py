"""Blocks of samples -> blocks at another rate, or of another size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from phonseg.timeline.grid import Samples


def resampled(chunks: Iterator[Samples], rate: float, wanted_rate: int, length: int) -> Iterator[Samples]:
    """Changes the sample rate, with soxr in high quality.

    Args:
        chunks: (n,) mono samples, in blocks of any size.
        rate: theirs, in Hz.
        wanted_rate: in Hz.
        length: how many samples there are to be.

    Yields:
        (n,) blocks at the wanted rate, `length` samples altogether.
    """
    stream = soxr.ResampleStream(rate, wanted_rate, 1, dtype="float32", quality="HQ")
    for chunk in chunks:
        resampled = stream.resample_chunk(chunk)[:length]
        length -= len(resampled)
        yield resampled
    resampled = stream.resample_chunk(np.zeros(0, np.float32), last=True)[:length]
    yield np.pad(resampled, (0, length - len(resampled)))  # soxr may end a sample early


def recut(chunks: Iterator[Samples], size: int) -> Iterator[Samples]:
    """Cuts the same samples anew.

    Args:
        chunks: (n,) mono samples, in blocks of any size.
        size: of the new blocks, in samples.

    Yields:
        Blocks of `size`; the last may be shorter.
    """
    held: list[Samples] = []
    missing = size
    for chunk in chunks:
        while len(chunk) >= missing:
            yield np.concatenate([*held, chunk[:missing]])
            held, chunk, missing = [], chunk[missing:], size
        held.append(chunk)
        missing -= len(chunk)
    if missing < size:
        yield np.concatenate(held)
