"""One recording of a batch -> the contents of its files, in any process or thread; nothing is written to disk here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from phonseg.annotation.writers import Layout
from phonseg.model.options import SegmentOptions
from phonseg.system.captured_warnings import captured_warnings
from phonseg.timeline.provenance import Provenance


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """What workers do with each recording.

    Attributes:
        options: how it is segmented.
        layout: how the segmentation is written.
    """

    options: SegmentOptions
    layout: Layout = field(default_factory=Layout)

    def provenance(self) -> Provenance:
        """Returns the provenance of all files: the model, the options, and what differs from the default layout.

        Raises:
            ModelError: if the model cannot be loaded.
        """
        origin = self.options.segmenter().provenance(self.options)
        return replace(origin, settings={**origin.settings, **self.layout.settings})


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """What came of one recording.

    Attributes:
        files: suffix -> the contents of the file.
        boundaries: the number of boundaries.
        seconds: the duration of the audio.
        warning: what is odd about the recording, or nothing.
        elapsed: seconds that the work took.
        provenance: the model and the settings.
    """

    files: Mapping[str, bytes]
    boundaries: int
    seconds: float
    warning: str
    elapsed: float
    provenance: Provenance


def segment_one(task: WorkerTask, recording: Path) -> WorkerResult:
    """Segments a recording.

    Args:
        task: how.
        recording: its path.

    Returns:
        The contents of its files, and what the manifest says of them.

    Raises:
        PhonsegError: if the recording cannot be segmented (see `phonseg.segment`), or a format cannot hold the
            segmentation.
    """
    provenance = task.provenance()  # this loads the model
    start = time.perf_counter()
    with captured_warnings() as captured:
        segmentation = task.options.segment(recording)
        files = task.layout.encode(segmentation, recording)
    return WorkerResult(
        files,
        boundaries=len(segmentation.boundaries),
        seconds=segmentation.duration,
        warning=" ".join(captured),
        elapsed=time.perf_counter() - start,
        provenance=provenance,
    )
