"""Many recordings -> TextGrids or other files, in folders like those of the recordings, and a record for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from phonseg.annotation.writers import FORMATS, Layout
from phonseg.audio.channels import Channel
from phonseg.audio.find import Places
from phonseg.batch.jobs import Place
from phonseg.batch.records.manifest import Shard
from phonseg.batch.records.record import Command, Made, Record
from phonseg.batch.run_batch import run_batch
from phonseg.batch.task import WorkerResult, absolute
from phonseg.model.options import SegmentOptions
from phonseg.timeline.provenance import Provenance

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter


def segment_files(
    inputs: Places,
    output: Place | None = None,
    *,
    model: Segmenter | str | Path = "default",
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
    formats: Iterable[str] = ("textgrid",),
    labels: str = "numbers",
    tier: str = "phones",
    check: int = 0,
    into: Place | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    shard: Shard | None = None,
    progress: bool = True,
) -> list[Record]:
    """Segments recordings and writes a TextGrid or other files for each; if one fails, the others are still segmented.

    An existing file is made again only if phonseg made it, and the recording, the model or a setting has changed since.
    A file that phonseg did not make, or that was changed afterwards (a person may have corrected it), is left alone.
    With `overwrite` everything is made again. The records are kept in `output`, or, if that is None, in each input
    folder (for a recording that was given by itself: in its folder); see `phonseg.batch.records.manifest`.

    Args:
        inputs: recordings, and folders, which are searched with the folders inside them.
        output: the output folder; subfolders of the inputs are kept. None to write beside the recordings.
        model: "default", a Segmenter, or the path of a model file.
        sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
        rate: instead, boundaries per second of speech, 0 or more.
        channel: "mix", or the number of one channel, counted from 1.
        formats: one or more of textgrid, csv, json, ctm, audacity and elan.
        labels: "numbers" (from 1) or "empty".
        tier: the name of the interval tier in TextGrids and ELAN files.
        check: how many of the least certain decisions to mark in a point tier of the TextGrid; 0 for no such tier.
        into: instead of `output`, an existing TextGrid, for one recording, or a folder of TextGrids. The tiers are
            added to it, and nothing else in it changes. A tier of the same name is replaced if phonseg made it and
            nobody has changed the file, otherwise only with `overwrite`.
        overwrite: whether files that are up to date, or that phonseg did not make, are replaced too.
        jobs: how many processes work, each on one recording at a time, at most four per processor core; None for one
            per processor core.
        executor: runs the work instead of `jobs`, such as an executor of `concurrent.futures`; it is not shut down.
        shard: (i, n) for the i-th of n parts of the recordings, counted from 1, so that n computers can share them.
        progress: whether a bar is shown.

    Returns:
        One record for each recording, in order. Recordings that would have the same files, such as x.wav and x.mp3, are
        failed, all of them.

    Raises:
        ConfigurationError: if an option is out of its range, both a sensitivity and a rate are given, or a format needs
            a package that is missing.
        TextGridError: if `into` does not exist.
        AudioError: if an input does not exist, or a folder holds no recording.
        ModelError: if the model cannot be loaded.
        OutputError: if the folder cannot be written to, or the disk is full.
    """
    layout = Layout(tuple(formats), labels, tier, check)
    task = SegmentTask(SegmentOptions(absolute(model), sensitivity, rate, channel), layout)
    return run_batch(
        inputs,
        output,
        task,
        into=into,
        overwrite=overwrite,
        jobs=jobs,
        executor=executor,
        shard=shard,
        progress=progress,
    )


@dataclass(frozen=True, slots=True)
class SegmentTask:
    """Segments each recording; see `phonseg.batch.task.Task`.

    Attributes:
        options: how it is segmented.
        layout: how the segmentation is written.
        command: its name.
        adds_tiers: whether it can add its tiers to a TextGrid.
        belong_together: suffixes of files that must be made with the same settings.
        tiers_get_names: whether people give other names to its tiers.
    """

    options: SegmentOptions = field(default_factory=SegmentOptions)
    layout: Layout = field(default_factory=Layout)

    command: ClassVar[Command] = "segment"
    adds_tiers: ClassVar[bool] = True
    belong_together: ClassVar[tuple[str, ...]] = ()
    tiers_get_names: ClassVar[bool] = False

    @property
    def model_name(self) -> str:
        """The path or the name of the model."""
        model = self.options.model
        return str(model) if isinstance(model, str | Path) else model.name

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Those of the layout."""
        return self.layout.suffixes

    def provenance(self) -> Provenance:
        """Returns the provenance of a segmentation, with what differs from the default layout."""
        origin = self.options.segmenter().provenance(self.options)
        return replace(origin, settings={**origin.settings, **self.layout.settings})

    def make(self, recording: Path, places: Mapping[str, Path]) -> WorkerResult:
        """Segments a recording.

        Args:
            recording: its path.
            places: not needed, since the files are small.

        Returns:
            The contents of its files, and the number of boundaries.

        Raises:
            PhonsegError: if it cannot be segmented (see `phonseg.segment`), or a format cannot hold the segmentation.
        """
        segmentation = self.options.segment(recording)
        return WorkerResult(
            self.layout.encode(segmentation, recording),
            seconds=segmentation.duration,
            provenance=self.provenance(),
            boundaries=len(segmentation.boundaries),
        )

    def claims(self, tier: str) -> bool:
        """Returns whether the layout has this tier.

        Args:
            tier: its name.
        """
        return tier in self.layout.tiers

    def way_out(self, tier: str) -> str:
        """Returns that there may be another tier.

        Args:
            tier: the name that is taken.
        """
        return "give another --tier"

    def export_options(self, suffixes: Collection[str], made: Made | None) -> list[str]:
        """Returns the options of `phonseg export` that write corrected boundaries.

        Args:
            suffixes: of the files to write.
            made: how phonseg made the TextGrid; None if it did not, so that the tier is that of the layout.
        """
        names = [name for name, one in FORMATS.items() if one.suffix in suffixes]
        tier = made.tier_names[0] if made else self.layout.tier
        options = ["--format", ",".join(names)] if names != ["csv"] else []
        return [*options, "--tier", tier] if tier != Layout().tier else options
