"""Many recordings -> files of the same speech, faster or slower, in folders like theirs, and a record for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from phonseg.annotation.textgrid.duration_tier import duration_tier_bytes
from phonseg.annotation.textgrid.writer import textgrid_bytes
from phonseg.audio.channels import Channel
from phonseg.audio.find import Places
from phonseg.batch.jobs import Place
from phonseg.batch.large_files import Content, LargeFile
from phonseg.batch.records.manifest import Shard
from phonseg.batch.records.record import Command, Made, Record
from phonseg.batch.run_batch import run_batch
from phonseg.batch.task import WorkerResult, absolute
from phonseg.errors import ConfigurationError
from phonseg.model.options import SegmentOptions
from phonseg.system.atomic_files import as_output_error
from phonseg.system.ordinary_files import digest
from phonseg.tempo.options import TempoOptions
from phonseg.tempo.tempo_plan import TempoPlan
from phonseg.timeline.provenance import Provenance

if TYPE_CHECKING:
    from phonseg.model.segmenter import Segmenter

FORMATS = {"wav": ".wav", "flac": ".flac", "textgrid": ".TextGrid", "durationtier": ".DurationTier"}  # name -> suffix


def change_tempo_files(
    inputs: Places,
    output: Place,
    factor: float,
    *,
    even: bool = False,
    model: Segmenter | str | Path = "default",
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
    formats: Iterable[str] = ("wav",),
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    shard: Shard | None = None,
    progress: bool = True,
) -> list[Record]:
    """Makes recordings faster or slower and writes a file for each; if one fails, the others are still changed.

    An existing file is made again only if this function made it, and the recording, the model or a setting has changed
    since. A file that phonseg did not make, or that was changed afterwards, is left alone, and no file is made beside
    it with other settings, since sound and labels would not match. With `overwrite` everything is made again; a
    recording itself is never replaced. The records are kept in `output`; see `phonseg.batch.records.manifest`.

    Args:
        inputs: recordings, and folders, which are searched with the folders inside them, but not in `output`.
        output: the output folder; subfolders of the inputs are kept. It may lie in an input folder, but must not be or
            hold one.
        factor: how many times as fast the recordings become, 0.5 to 2.
        even: whether every moment is changed alike.
        model: "default", a Segmenter, or the path of a model file, by which segments are found.
        sensitivity: 0 (fewest boundaries) to 1 (most); 0.5 if neither this nor `rate` is given.
        rate: instead, boundaries per second of speech, 0 or more.
        channel: by which the map is made: "mix", or the number of one channel, counted from 1.
        formats: one or more of wav, flac, textgrid (the segments, in new time) and durationtier (the map, for Praat).
        overwrite: whether files that are up to date, or that phonseg did not make, are replaced too.
        jobs: how many processes work, each on one recording at a time, at most four per processor core; None for one
            per processor core.
        executor: runs the work instead of `jobs`, such as an executor of `concurrent.futures`; it is not shut down. Its
            workers must reach the output folder under the same name.
        shard: (i, n) for the i-th of n parts of the recordings, counted from 1, so that n computers can share them.
        progress: whether a bar is shown.

    Returns:
        One record for each recording, in order. Recordings that would have the same files, such as x.wav and x.mp3, are
        failed, all of them.

    Raises:
        ConfigurationError: if an option is out of its range, or the output folder is or holds an input folder.
        AudioError: if an input does not exist, or a folder holds no recording.
        ModelError: if the model cannot be loaded.
        OutputError: if the folder cannot be written to, or the disk is full.
    """
    options = TempoOptions(factor, even, SegmentOptions(absolute(model), sensitivity, rate, channel))
    return run_batch(
        inputs,
        output,
        TempoTask(options, tuple(formats)),
        overwrite=overwrite,
        jobs=jobs,
        executor=executor,
        shard=shard,
        progress=progress,
    )


@dataclass(frozen=True, slots=True)
class TempoTask:
    """Changes the tempo of each recording; see `phonseg.batch.task.Task`.

    Attributes:
        options: how it is changed.
        formats: of the files, one or more names from `FORMATS`; repeated names are dropped.
        command: its name.
        adds_tiers: whether it can add its tiers to a TextGrid.
        belong_together: suffixes of files that must be made with the same settings.
        tiers_get_names: whether people give other names to its tiers.

    Raises:
        ConfigurationError: if a format is unknown, or none is given.
    """

    options: TempoOptions
    formats: tuple[str, ...] = ("wav",)

    command: ClassVar[Command] = "tempo"
    adds_tiers: ClassVar[bool] = False
    belong_together: ClassVar[tuple[str, ...]] = tuple(FORMATS.values())
    tiers_get_names: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", tuple(dict.fromkeys(self.formats)))
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown or not self.formats:
            problem = f"there is no format {', '.join(map(str, unknown))}" if unknown else "no format was given"
            raise ConfigurationError(f"{problem}. Give one or more of {', '.join(FORMATS)}.")

    @property
    def model_name(self) -> str:
        """The path or the name of the model."""
        model = self.options.segmenting.model
        return str(model) if isinstance(model, str | Path) else model.name

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Those of the formats."""
        return tuple(FORMATS[name] for name in self.formats)

    def provenance(self) -> Provenance:
        """Returns the provenance of a change of tempo."""
        return self.options.provenance()

    def make(self, recording: Path, places: Mapping[str, Path]) -> WorkerResult:
        """Changes the tempo of a recording.

        Args:
            recording: its path.
            places: suffix -> where the sound is written.

        Returns:
            The contents of its files, and the number of boundaries.

        Raises:
            PhonsegError: if it cannot be read (see `phonseg.change_tempo`), or a format cannot hold the result.
        """
        plan = self.options.plan(recording)
        return WorkerResult(
            {suffix: _content(plan, suffix, recording, places) for suffix in self.suffixes},
            seconds=plan.recording.duration,
            provenance=self.provenance(),
            boundaries=len(plan.segmentation.boundaries),
            factor=self.options.factor,
        )

    def claims(self, tier: str) -> bool:
        """Returns that no tier is claimed, since none is added to a TextGrid.

        Args:
            tier: its name.
        """
        return False

    def way_out(self, tier: str) -> str:
        """Returns that there may be another folder.

        Args:
            tier: the name that is taken.
        """
        return "choose another output folder"

    def export_options(self, suffixes: Collection[str], made: Made | None) -> None:
        """Returns None: what a corrected TextGrid holds is no sound.

        Args:
            suffixes: of the files to write.
            made: how phonseg made the TextGrid; None if it did not.
        """
        return


def _content(plan: TempoPlan, suffix: str, recording: Path, places: Mapping[str, Path]) -> Content:
    if suffix == FORMATS["textgrid"]:
        return textgrid_bytes(plan.segmentation, recording)
    if suffix == FORMATS["durationtier"]:
        return duration_tier_bytes(plan.time_map)
    place = places[suffix]
    with as_output_error(place.with_name(recording.stem + suffix)):
        with open(place, "xb") as file:
            plan.write_to(file, suffix)
        return LargeFile(place, digest(place) or "")
