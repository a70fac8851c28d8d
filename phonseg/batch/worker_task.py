"""One recording of a batch -> its files, in whatever process or thread; nothing is written here.

What is heavy is imported inside the functions: the process that hands the recordings out needs none of it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from phonseg.annotation.writers import Layout
from phonseg.audio.channels import Channel
from phonseg.audio.decoding.source import MOST_CHANNELS, Source
from phonseg.system.captured_warnings import captured_warnings
from phonseg.timeline.segmentation import Provenance, Segmentation

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """With what, and how, recordings are segmented (see `phonseg.segment`), and how that is written."""

    model: Segmenter | str | Path
    sensitivity: float | None
    rate: float | None
    channel: Channel
    layout: Layout = field(default_factory=Layout)

    def segmenter(self) -> Segmenter:
        """The model, loaded if it is not. Raises ModelError if that fails."""
        return _load(self.model) if isinstance(self.model, (str, Path)) else self.model

    def segment(self, segmenter: Segmenter, source: Source) -> Segmentation:
        """Segment one recording. Raises as `phonseg.segment` does."""
        return segmenter.segment(source, sensitivity=self.sensitivity, rate=self.rate, channel=self.channel)

    def provenance(self, segmentation: Segmentation) -> Provenance:
        """Where the files come from: where the segmentation does, and how it was written if not as usual."""
        assert segmentation.provenance
        origin = segmentation.provenance
        return replace(origin, settings={**origin.settings, **self.layout.settings})


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """files: suffix -> the whole file. seconds: of audio. warning: what is odd, or nothing. elapsed: seconds taken."""

    files: Mapping[str, bytes]
    boundaries: int
    seconds: float
    warning: str
    elapsed: float
    provenance: Provenance


def prepare(task: WorkerTask) -> Provenance:
    """Load the model, try the settings on a moment of silence, and say what all files will say of their origin.

    Raises ModelError if the model cannot be loaded, ConfigurationError if a setting is out of range or a format cannot
    be written.
    """
    with captured_warnings():
        silence = task.segment(task.segmenter(), (np.zeros((160, MOST_CHANNELS), np.float32), 16_000))
        task.layout.encode(silence, "silence")
    return task.provenance(silence)


def segment_one(task: WorkerTask, recording: Path) -> WorkerResult:
    """Segment a recording. Raises as `phonseg.segment` does, and TextGridError where a format cannot hold it."""
    segmenter = task.segmenter()
    start = time.perf_counter()
    with captured_warnings() as captured:
        segmentation = task.segment(segmenter, recording)
        files = task.layout.encode(segmentation, recording)
    return WorkerResult(
        files,
        boundaries=len(segmentation.boundaries),
        seconds=segmentation.duration,
        warning=" ".join(captured),
        elapsed=time.perf_counter() - start,
        provenance=task.provenance(segmentation),
    )


def _load(model: str | Path) -> Segmenter:
    try:
        state = os.stat(model)
    except OSError:  # "default", or nothing, as loading it will say
        return _loaded(model, 0, 0)
    return _loaded(model, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1)
def _loaded(model: str | Path, modified: int, size: int) -> Segmenter:
    """The model, loaded once for all recordings, and anew when its file has changed."""
    from phonseg.model.segmenter import load

    return load(model)
