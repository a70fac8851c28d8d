"""What all decoders share: the facts about a recording, and its samples in blocks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from phonseg.errors import AudioError
from phonseg.timeline.grid import Samples

MOST_CHANNELS = 64
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

    @abstractmethod
    def blocks(self, size: int, end: int) -> Iterator[Samples]:
        """Reads the samples of all channels from the beginning.

        Args:
            size: the most samples per channel in a block.
            end: samples per channel after which reading stops.

        Yields:
            (n, channels) blocks, n from 1 to `size`.

        Raises:
            AudioError: if the file cannot be opened again or was changed.
            DamagedError: if the samples end before `end` and earlier than they should.
        """
