"""Many recordings -> who speaks when, as TextGrids, RTTM and other files, and a record for each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from phonseg.annotation.textgrid.add_tiers import existing_tiers
from phonseg.annotation.turns.textgrid import PHONES
from phonseg.annotation.turns.writers import FORMATS, TurnLayout
from phonseg.audio.channels import Channel
from phonseg.audio.find import Places
from phonseg.batch.jobs import TEXTGRID, Place
from phonseg.batch.records.manifest import Shard
from phonseg.batch.records.record import Command, Made, Record
from phonseg.batch.run_batch import run_batch
from phonseg.batch.task import WorkerResult, absolute
from phonseg.diarization.options import DiarizeOptions
from phonseg.model.options import SegmentOptions
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.turns import Speakers

if TYPE_CHECKING:
    from phonseg.diarization.speaker_model import SpeakerModel

SPEAKER = re.compile(r"speaker \d+")  # what phonseg calls speakers


def diarize_files(
    inputs: Places,
    output: Place | None = None,
    *,
    model: SpeakerModel | str | Path = "default",
    speakers: Speakers = None,
    channel: Channel = "mix",
    formats: Iterable[str] = ("textgrid", "rttm"),
    phones: bool = False,
    into: Place | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    executor: Executor | None = None,
    shard: Shard | None = None,
    progress: bool = True,
) -> list[Record]:
    """Finds who speaks when in recordings and writes files for each; if one fails, the others are still diarized.

    An existing file is made again only if this function made it, and the recording, the model or a setting has changed
    since. A file that phonseg did not make, that was changed afterwards (a person may have named the speakers), or that
    `phonseg.segment_files` made, is left alone. With `overwrite` everything is made again. The records are kept in
    `output`, or, if that is None, in each input folder (for a recording that was given by itself: in its folder); see
    `phonseg.batch.records.manifest`.

    Args:
        inputs: recordings, and folders, which are searched with the folders inside them.
        output: the output folder; subfolders of the inputs are kept. None to write beside the recordings.
        model: "default", a SpeakerModel, or the path of a model file.
        speakers: how many; or the least and the largest number, such as (2, 4); None to let each recording decide.
        channel: "mix", or the number of one channel, counted from 1.
        formats: one or more of textgrid, rttm, csv and json.
        phones: whether each recording is also segmented with phonseg's own model, for a tier `phones` below the
            speakers in its TextGrid.
        into: instead of `output`, an existing TextGrid, for one recording, or a folder of TextGrids. A tier for each
            speaker is added to it, and nothing else in it changes. The tiers that this function added before are
            replaced or removed if nobody has changed the file. If somebody has, or if it has other tiers of these
            names, it is left alone, except with `overwrite`. Other formats are written beside the TextGrid.
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
        ConfigurationError: if an option is out of its range, or phones are wanted and no TextGrid.
        TextGridError: if `into` does not exist.
        AudioError: if an input does not exist, or a folder holds no recording.
        ModelError: if a model cannot be loaded.
        OutputError: if the folder cannot be written to, or the disk is full.
    """
    layout = TurnLayout(tuple(formats), phones)
    return run_batch(
        inputs,
        output,
        DiarizeTask(DiarizeOptions(absolute(model), speakers, channel), layout),
        into=into,
        overwrite=overwrite,
        jobs=jobs,
        executor=executor,
        shard=shard,
        progress=progress,
    )


@dataclass(frozen=True, slots=True)
class DiarizeTask:
    """Diarizes each recording; see `phonseg.batch.task.Task`.

    Attributes:
        options: how it is diarized.
        layout: how the turns are written.
        command: its name.
        adds_tiers: whether it can add its tiers to a TextGrid.
        belong_together: suffixes of files that must be made with the same settings.
        tiers_get_names: whether people give other names to its tiers.
    """

    options: DiarizeOptions = field(default_factory=DiarizeOptions)
    layout: TurnLayout = field(default_factory=TurnLayout)

    command: ClassVar[Command] = "diarize"
    adds_tiers: ClassVar[bool] = True
    belong_together: ClassVar[tuple[str, ...]] = ()
    tiers_get_names: ClassVar[bool] = True

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
        """Returns the provenance of a diarization, with what differs from the default layout, and the model of phones.

        Raises:
            ModelError: if a model cannot be loaded.
        """
        origin = self.options.speaker_model().provenance(self.options)
        phones = {"phones_model": self._phones.segmenter().digest} if self.layout.phones else {}
        return replace(origin, settings={**origin.settings, **self.layout.settings, **phones})

    def make(self, recording: Path, places: Mapping[str, Path]) -> WorkerResult:
        """Diarizes a recording, and segments it if phones are wanted.

        Args:
            recording: its path.
            places: not needed, since the files are small.

        Returns:
            The contents of its files, and the numbers of turns, speakers and boundaries.

        Raises:
            PhonsegError: if it cannot be diarized or segmented (see `phonseg.diarize` and `phonseg.segment`), or a
                format cannot hold the turns.
        """
        diarization = self.options.diarize(recording)
        phones = self._phones.segment(recording) if self.layout.phones else None
        files = self.layout.encode(diarization, recording, phones)
        return WorkerResult(
            files,
            seconds=diarization.duration,
            provenance=self.provenance(),
            boundaries=None if phones is None else len(phones.boundaries),
            turns=len(diarization),
            speakers=len(diarization.speakers),
            tiers=tuple(existing_tiers(files[TEXTGRID], recording)) if TEXTGRID in files else (),
        )

    def claims(self, tier: str) -> bool:
        """Returns whether a speaker may have this name, or it is that of the tier of phones.

        Args:
            tier: the name.
        """
        return bool(SPEAKER.fullmatch(tier)) or (self.layout.phones and tier == PHONES)

    def way_out(self, tier: str) -> str:
        """Returns that the tier of phones may be left out, or another tier renamed.

        Args:
            tier: the name that is taken.
        """
        return "leave out --phones" if tier == PHONES else "give that tier another name"

    def export_options(self, suffixes: Collection[str], made: Made | None) -> list[str] | None:
        """Returns the options of `phonseg export` that write corrected turns.

        Args:
            suffixes: of the files to write.
            made: how phonseg made the TextGrid; None if it did not.

        Returns:
            The options; None if phonseg did not make the TextGrid, which may hold no turns.
        """
        names = [name for name, one in FORMATS.items() if one.suffix in suffixes]
        options = ["--format", ",".join(names)] if names != ["csv"] else []
        return [*options, *([] if "rttm" in names else ["--turns"])] if made else None

    @property
    def _phones(self) -> SegmentOptions:
        """How recordings are segmented for the tier of phones."""
        return SegmentOptions(channel=self.options.channel)
