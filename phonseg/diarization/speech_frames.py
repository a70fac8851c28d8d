"""Recording -> its log-mel frames at level 1, and where its speech is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.recording import Recording
from phonseg.detection.speech_activity import Region
from phonseg.diarization.embedding.windows import FEATURES, LogFrames
from phonseg.encoders.chunks import chunk_grid, chunks, frame_count
from phonseg.timeline.grid import FrameGrid


@dataclass(frozen=True, slots=True, eq=False)
class SpeechFrames:
    """What is known of a recording before anybody asks who speaks.

    Attributes:
        frames: (T, bands) log-mel frames at level 1.
        grid: of the frames.
        speech: regions of speech in time order, inside the recording; each holds a frame.
    """

    frames: LogFrames
    grid: FrameGrid
    speech: tuple[Region, ...]

    @property
    def runs(self) -> list[tuple[int, int]]:
        """The first frame of each region of speech, and the frame after its last."""
        return _runs(self.speech, self.grid, len(self.frames))

    @property
    def is_speech(self) -> NDArray[np.bool_]:
        """(T,) which frames are speech."""
        mask = np.zeros(len(self.frames), dtype=np.bool_)
        for first, end in self.runs:
            mask[first:end] = True
        return mask


def read_speech_frames(recording: Recording, level: float, speech: Iterable[Region]) -> SpeechFrames:
    """Reads the frames of a recording.

    Args:
        recording: the recording.
        level: power of its loud frames; 0 for digital silence.
        speech: its regions of speech, in time order.

    Returns:
        Its frames and its speech.

    Raises:
        AudioError: if the recording became shorter after it was opened.
    """
    rate, grid = FEATURES.sample_rate, FEATURES.grid
    count = frame_count(grid, 0, recording.length(rate))
    frames, done = np.empty((count, FEATURES.bands), np.float32), 0
    gain = 1 / level if level > 0 else 0.0
    for chunk in chunks(recording.blocks(rate), grid, margin=0):
        power = FEATURES.power_of(chunk)
        frames[done : done + len(power)] = FEATURES.compress(power * gain).numpy()
        done += len(power)
    inside = chunk_grid(grid, margin=0)
    clipped = [Region(max(0.0, start), min(end, recording.duration)) for start, end in speech]
    kept = [region for region in clipped if region.start < region.end and _runs([region], inside, count)]
    return SpeechFrames(frames, inside, tuple(kept))


def _runs(speech: Sequence[Region], grid: FrameGrid, count: int) -> list[tuple[int, int]]:
    edges = np.minimum(grid.first_from(np.reshape(speech, (-1, 2))), count)
    return [(first, end) for first, end in edges.tolist() if first < end]
