"""What all decoders share: the facts about a recording, and its samples in blocks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonseg.errors import AudioError
from phonseg.timeline.grid import Samples

MOST_CHANNELS = 64
WIDE = ("PCM_32", "DOUBLE")  # sample types that float32 does not hold without loss
# Why a recording is shorter than it should be, as clauses for messages.
TRUNCATED = "it was cut short or is damaged"
CHAINED = "it holds several recordings one after another, of which only the first is read"


class DamagedError(AudioError):
    """The samples of a recording end too early or cannot be decoded. The message is only the reason."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Decoder(ABC):
    """A recording whose samples can be read again and again; no file is open between two passes.

    Attributes:
        name: path of the recording or another name for messages.
        format: container and coding.
        sample_rate: in Hz.
        channels: how many there are.
        promised: samples per channel that the header promises; None if it does not say.
        remarks: what else the user should know, as sentences without the name.
        first: seconds, where the first sample begins on the recording's own time axis.
        sample_type: what a WAV file must hold so that nothing is lost of the samples, as libsndfile calls it: PCM_U8,
            PCM_16, PCM_24, PCM_32, FLOAT or DOUBLE. PCM_16 for what was compressed with loss.
        span: seconds, where the recording begins and ends on that axis; None if it is what the samples fill.
    """

    name: str
    format: str
    sample_rate: float
    channels: int
    promised: int | None = None
    remarks: tuple[str, ...] = ()
    first: float = 0.0
    span: tuple[float, float] | None = None
    sample_type: str = "PCM_16"

    def blocks(self, size: int, end: int) -> Iterator[Samples]:
        """Reads the samples of all channels from the beginning.

        Args:
            size: the most samples per channel in a block.
            end: samples per channel after which reading stops.

        Yields:
            (n, channels) blocks of float32, n from 1 to `size`.

        Raises:
            AudioError: if the file cannot be opened again or was changed.
            DamagedError: if the samples end before `end` and earlier than they should.
        """
        for block in self.exact_blocks(size, end):
            with np.errstate(over="ignore"):  # numbers too large for float32 become infinite, and are refused later
                narrow = block.astype(np.float32, copy=False)
            yield narrow

    @abstractmethod
    def exact_blocks(self, size: int, end: int) -> Iterator[NDArray[Any]]:
        """Reads the samples as `blocks` does, without any loss.

        Args:
            size: the most samples per channel in a block.
            end: samples per channel after which reading stops.

        Yields:
            (n, channels) blocks, n from 1 to `size`: of float64 if the sample type is one of `WIDE`, else of float32.

        Raises:
            AudioError: if the file cannot be opened again or was changed.
            DamagedError: if the samples end before `end` and earlier than they should.
        """
