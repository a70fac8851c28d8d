"""What a batch makes of each recording, in any process or thread; only large files are written to disk here."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from phonseg.batch.large_files import Content
from phonseg.batch.records.record import Command, Made
from phonseg.system.captured_warnings import captured_warnings
from phonseg.timeline.provenance import Provenance

Model = TypeVar("Model")


class Words(NamedTuple):
    """What messages say of a command.

    Attributes:
        done: what has become of a recording.
        doing: what becomes of it.
        found: what its files hold.
        verb: what the command did to get it.
    """

    done: str
    doing: str
    found: str
    verb: str = "found"


WORDS: Mapping[Command, Words] = {
    "segment": Words("segmented", "segmenting", "boundaries"),
    "diarize": Words("diarized", "diarizing", "turns"),
    "tempo": Words("made faster or slower", "changing tempo", "faster or slower speech", "made"),
}


class Task(Protocol):
    """What a command makes of each recording. It travels to the workers."""

    @property
    def command(self) -> Command:
        """The name of the command."""

    @property
    def model_name(self) -> str:
        """What messages call the model."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffixes of the files of one recording, such as ".TextGrid"."""

    @property
    def adds_tiers(self) -> bool:
        """Whether it can add its tiers to a TextGrid that exists already."""

    @property
    def belong_together(self) -> tuple[str, ...]:
        """Suffixes of files that are of no use beside those that were made with other settings, as sound and labels.

        Where one of them stays as it was, the others are not made with other settings.
        """

    @property
    def tiers_get_names(self) -> bool:
        """Whether people give other names to the tiers, as to those of speakers.

        They cannot be told from other tiers then, and a TextGrid that was changed since is left alone.
        """

    def provenance(self) -> Provenance:
        """Returns the provenance of all files: the model, the options, and what differs from the default layout.

        Raises:
            ModelError: if a model cannot be loaded.
        """

    def make(self, recording: Path, places: Mapping[str, Path]) -> WorkerResult:
        """Makes the contents of the files of a recording.

        Args:
            recording: its path.
            places: suffix -> where a file may be written that is too large to be handed over.

        Returns:
            The contents, and what the manifest says of them, apart from warnings and time.

        Raises:
            PhonsegError: if that is not possible.
        """

    def claims(self, tier: str) -> bool:
        """Returns whether a tier that is made may have this name.

        Args:
            tier: the name of a tier in a TextGrid.
        """

    def way_out(self, tier: str) -> str:
        """Returns what a person may do if a TextGrid has a tier of this name already.

        Args:
            tier: the name, which is claimed.
        """

    def export_options(self, suffixes: Collection[str], made: Made | None) -> list[str] | None:
        """Returns the options of `phonseg export` that write what a corrected TextGrid holds.

        Args:
            suffixes: of the files to write.
            made: how phonseg made the TextGrid before it was corrected; None if it did not.

        Returns:
            The options; None if the TextGrid may hold something else.
        """


@dataclass(frozen=True, slots=True)
class WorkerResult:
    """What came of one recording.

    Attributes:
        files: suffix -> the content of the file.
        seconds: the duration of the audio.
        provenance: the model and the settings.
        boundaries: the number of boundaries; None if only turns were looked for.
        turns: the number of turns; None if only boundaries were looked for.
        speakers: the number of speakers, likewise.
        tiers: the names of the tiers of the TextGrid; empty if the settings tell them.
        factor: how many times as fast the recording became; None if its tempo was not changed.
        warning: what is odd about the recording, or nothing.
        elapsed: seconds that the work took.
    """

    files: Mapping[str, Content]
    seconds: float
    provenance: Provenance
    boundaries: int | None = None
    turns: int | None = None
    speakers: int | None = None
    tiers: tuple[str, ...] = ()
    factor: float | None = None
    warning: str = ""
    elapsed: float = 0.0


def absolute(model: Model | str | Path) -> Model | str | Path:
    """Returns a model by its absolute path, if it is a file, since the workers may run in another folder.

    Args:
        model: "default", a path, or the model itself.
    """
    return os.path.abspath(model) if isinstance(model, (str, Path)) and model != "default" else model


def work_on(task: Task, recording: Path, places: Mapping[str, Path]) -> WorkerResult:
    """Does a task with one recording.

    Args:
        task: what to do.
        recording: its path.
        places: suffix -> where a file may be written that is too large to be handed over.

    Returns:
        The contents of its files, and what the manifest says of them.

    Raises:
        PhonsegError: if the recording cannot be used, or a format cannot hold what was found.
    """
    task.provenance()  # this loads the model, which takes no time of the recording's
    start = time.perf_counter()
    with captured_warnings() as captured:
        result = task.make(recording, places)
    warning = " ".join(dict.fromkeys(captured))  # a recording that is read twice has the same faults twice
    return replace(result, warning=warning, elapsed=time.perf_counter() - start)
