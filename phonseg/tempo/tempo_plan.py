"""What is to become of a recording whose tempo is changed -> its new samples, block by block."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording
from phonseg.audio.sound_file import SoundFormat, check_format, write_samples, write_sound
from phonseg.model.numeric_state import own_numeric_state
from phonseg.tempo.map_making import new_length
from phonseg.tempo.rendering.render import render
from phonseg.tempo.tempo_change import TempoChange, check_is_other, warn_of_clipping
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap


@dataclass(frozen=True, slots=True, eq=False)
class TempoPlan:
    """A recording and the map of its change of tempo; nothing is rendered yet. `TempoOptions.plan` makes it.

    Attributes:
        source: the recording, as it was given.
        recording: the same, opened.
        factor: how many times as fast it becomes.
        from_first: old time, from the first sample, to new time.
        time_map: old time, on the time axis of the recording, to new time, which begins at 0.
        segmentation: the segments, in new time.
        provenance: how the map was made.
    """

    source: Source
    recording: Recording
    factor: float
    from_first: TimeMap
    time_map: TimeMap
    segmentation: Segmentation
    provenance: Provenance

    @property
    def sound(self) -> SoundFormat:
        """What a file of the new recording holds: as the old one, but for the length."""
        old = self.recording
        return SoundFormat(old.sample_rate, old.channels, new_length(old.n_samples, self.factor), old.sample_type)

    def blocks(self) -> Iterator[NDArray[Any]]:
        """Renders the new recording, in constant memory.

        Returns:
            An iterator over (n, channels) blocks: float64 if the samples of the recording have more than 24 bits, else
            float32. It raises AudioError if the recording was changed since it was opened.
        """
        old = self.recording
        if self.factor == 1:
            return old.channel_blocks()
        return render(old.channel_blocks, old.n_samples, old.sample_rate, self.from_first, self.sound.n_samples)

    def change(self) -> TempoChange:
        """Renders the new recording into memory.

        Returns:
            The new recording.

        Raises:
            AudioError: if the recording was changed since it was opened.
        """
        sound, done = self.sound, 0
        samples: NDArray[Any] = np.zeros((0, 0))
        with own_numeric_state():
            for block in self.blocks():
                if not done:
                    samples = np.empty((sound.n_samples, sound.channels), block.dtype)
                samples[done : done + len(block)] = block
                done += len(block)
        if sound.channels == 1 and not (isinstance(self.source, tuple) and np.ndim(self.source[0]) == 2):
            samples = samples[:, 0]
        samples.setflags(write=False)
        segmentation = replace(self.segmentation, recording=(samples, sound.sample_rate))
        made = self.time_map, segmentation, self.provenance
        # The program may be in another folder when the result is saved or drawn.
        source = os.path.abspath(self.source) if isinstance(self.source, str | os.PathLike) else self.source
        return TempoChange(samples, sound.sample_rate, *made, recording=source, sample_type=sound.sample_type)

    def check_output(self, path: str | Path) -> None:
        """Checks, before anything is rendered, that the new recording can be written to a file.

        Args:
            path: of the file, .wav or .flac.

        Raises:
            ConfigurationError: if no such file can hold it, or the file is the recording itself.
        """
        check_format(path, self.sound)
        check_is_other(path, self.source)

    def write(self, path: str | Path) -> None:
        """Renders the new recording into a file, in constant memory.

        Args:
            path: of the file, .wav or .flac, which is replaced if it exists.

        Raises:
            AudioError: if the recording was changed since it was opened.
            ConfigurationError: as for `check_output`.
            OutputError: if the file cannot be written.

        Warns:
            PhonsegWarning: if samples are beyond full scale.
        """
        self.check_output(path)
        with own_numeric_state():
            clipped = write_sound(path, self.blocks(), self.sound)
        warn_of_clipping(self.recording.name, clipped)

    def write_to(self, file: BinaryIO, suffix: str) -> None:
        """Renders the new recording into an open file, as `write` does.

        Args:
            file: open for writing and seeking.
            suffix: .wav or .flac.

        Raises:
            AudioError: if the recording was changed since it was opened.
            ConfigurationError: if no such file can hold it.

        Warns:
            PhonsegWarning: if samples are beyond full scale.
        """
        check_format(Path(self.recording.name).with_suffix(suffix), self.sound)
        with own_numeric_state():
            clipped = write_samples(file, self.blocks(), self.sound, suffix)
        warn_of_clipping(self.recording.name, clipped)
