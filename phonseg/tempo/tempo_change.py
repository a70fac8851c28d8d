"""A recording whose tempo was changed, in a type that saves, draws and plays itself."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from numpy.typing import NDArray

from phonseg.audio.sound_file import SoundFormat, check_format, write_sound
from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.timeline.outlets import outlet
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class TempoChange:
    """A recording whose tempo was changed: `samples, sample_rate = change`.

    Attributes:
        samples: (n,) or (n, channels), as the recording; full scale is -1 to 1. They are float64 if those of the
            recording have more than 24 bits, else float32, and cannot be written to.
        sample_rate: in Hz, that of the recording.
        time_map: old time, on the time axis of the recording, to new time, which begins at 0.
        segmentation: the segments of the recording, in new time.
        provenance: how the map was made.
        recording: what was changed, as it was given, so that both can be drawn.
        sample_type: what a WAV file must hold so that nothing is lost of the recording, such as PCM_16.
    """

    samples: NDArray[Any]
    sample_rate: float
    time_map: TimeMap
    segmentation: Segmentation
    provenance: Provenance
    recording: Any = None
    sample_type: str = "FLOAT"

    def __repr__(self) -> str:
        """The change in one line: the recording, the factor, both durations, the channels and the rate."""
        name = self.recording if isinstance(self.recording, str | os.PathLike) else "<samples>"
        old = self.time_map.old[-1] - self.time_map.old[0]
        n = 1 if self.samples.ndim == 1 else self.samples.shape[1]
        channels = "1 channel" if n == 1 else f"{n} channels"
        return (
            f"TempoChange({Path(name).name}, factor {self.factor:.5g}: {old:.3f} s became {self.duration:.3f} s, "
            f"{channels} at {self.sample_rate:g} Hz)"
        )

    def __iter__(self) -> Iterator[Any]:
        """The samples, and the sample rate."""
        return iter((self.samples, self.sample_rate))

    @property
    def factor(self) -> float:
        """How many times as fast the recording has become."""
        return cast(float, self.provenance.settings["factor"])

    @property
    def duration(self) -> float:
        """Seconds of the new recording."""
        return len(self.samples) / self.sample_rate

    def save(self, path: str | Path) -> None:
        """Writes a WAV or FLAC file: samples of as many bits as the recording has, 16 if it was compressed with loss.

        FLAC has at most 24 bits. A WAV file of 4 GB or more is written as RF64.

        Args:
            path: of the file, .wav or .flac, which is replaced if it exists.

        Raises:
            ConfigurationError: if the suffix is another one, if no such file can hold the samples, or if the file is
                the recording itself.
            OutputError: if the file cannot be written.

        Warns:
            PhonsegWarning: if samples are beyond full scale.
        """
        samples = self.samples.reshape(len(self.samples), -1)
        sound = SoundFormat(self.sample_rate, samples.shape[1], len(samples), self.sample_type)
        check_format(path, sound)
        check_is_other(path, self.recording)
        blocks = (samples[start : start + BLOCK] for start in range(0, len(samples), BLOCK))
        warn_of_clipping(str(path), write_sound(path, blocks, sound))

    def plot(self, start: float | None = None, end: float | None = None) -> Figure:
        """Draws the old and the new waveform, and the map between them. `phonseg.display.tempo.plot` lists the errors.

        Args:
            start: seconds in the old recording; None for its beginning.
            end: seconds in the old recording, at most 120 s after the start; None for the end of the recording, if
                that is at most 30 s after the start.

        Returns:
            The figure, which a notebook displays.
        """
        return cast("Figure", outlet("plot_change")(self, start, end))

    def _repr_html_(self) -> str:
        """The first 30 seconds, drawn and playable before and after the change, for a notebook."""
        return str(outlet("show_change")(self))


BLOCK = 65_536  # samples per channel that are written at once


def check_is_other(path: str | Path, recording: Any) -> None:
    """Checks that a file is not the recording itself.

    Args:
        path: of the file that is to be written.
        recording: as it was given; a path or an open file can be the same file.

    Raises:
        ConfigurationError: if they are the same file.
    """
    if _is_same(path, recording):
        raise ConfigurationError(f"{path}: was given to be read, and is not written over. Choose another name.")


def _is_same(path: str | Path, other: Any) -> bool:
    try:
        state = os.fstat(other.fileno()) if hasattr(other, "fileno") else os.stat(other)
        return os.path.samestat(state, os.stat(path))
    except (OSError, TypeError, ValueError):  # there is no such file, or the other is in memory
        return False


def warn_of_clipping(name: str, count: int) -> None:
    """Warns if samples had to be clipped.

    Args:
        name: of the recording or the file.
        count: how many were.

    Warns:
        PhonsegWarning: if there are any.
    """
    if count:
        what = "1 sample is" if count == 1 else f"{count} samples are"
        message = (
            f"{name}: {what} beyond full scale after the change, and clipped. Lower the level of the recording first."
        )
        warnings.warn(message, PhonsegWarning, stacklevel=3)
