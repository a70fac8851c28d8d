"""Blocks of a recording -> any stretch of it, in order, without ever holding more than is asked for at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# (n, channels) float32 or float64
Sound = NDArray[Any]


@dataclass(frozen=True, slots=True)
class OldSamples:
    """A stretch of the old recording; around it lies silence.

    Attributes:
        samples: (n, channels).
        start: sample of the recording that is the first of these.
    """

    samples: Sound
    start: int

    def at(self, old: NDArray[np.int64]) -> Sound:
        """Returns samples anywhere.

        Args:
            old: samples of the recording, of any shape.

        Returns:
            The same shape, and the channels as one more axis.
        """
        index = old - self.start
        inside = (index >= 0) & (index < len(self.samples))
        if inside.all():
            return self.samples.take(index, axis=0)
        found = np.zeros((*index.shape, self.samples.shape[1]), self.samples.dtype)
        found[inside] = self.samples[index[inside]]
        return found


class Reader:
    """Reads a recording on, and remembers what may be asked for again."""

    def __init__(self, blocks: Iterator[Sound]) -> None:
        self._blocks = blocks
        self._held: Sound = next(blocks)
        self._start = 0

    def read(self, start: int, end: int) -> OldSamples:
        """Returns a stretch of the recording.

        Args:
            start: its first sample; what is before it will not be asked for again.
            end: the sample before which it ends.
        """
        held: list[Sound] = [self._held]
        reached = self._start + len(self._held)
        while reached < end and (block := next(self._blocks, None)) is not None:
            held.append(block)
            reached += len(block)
        whole = held[0] if len(held) == 1 else np.concatenate(held)
        begin = min(max(start - self._start, 0), len(whole))
        # A copy, so that the block before is not kept alive by a view of its end.
        self._held, self._start = whole[begin:].copy(), self._start + begin
        return OldSamples(self._held[: max(0, end - self._start)], self._start)
