"""What a batch makes of each recording, in any process or thread; nothing is written to disk here."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

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
    """

    done: str
    doing: str
    found: str


WORDS: Mapping[Command, Words] = {
    "segment": Words("segmented", "segmenting", "boundaries"),
    "diarize": Words("diarized", "diarizing", "turns"),
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
    def tiers_get_names(self) -> bool:
        """Whether people give other names to the tiers, as to those of speakers.

        They cannot be told from other tiers then, and a TextGrid that was changed since is left alone.
        """

    def provenance(self) -> Provenance:
        """Returns the provenance of all files: the model, the options, and what differs from the default layout.

        Raises:
            ModelError: if a model cannot be loaded.
        """

    def make(self, recording: Path) -> WorkerResult:
        """Makes the contents of the files of a recording.

        Args:
            recording: its path.

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
        files: suffix -> the contents of the file.
        seconds: the duration of the audio.
        provenance: the model and the settings.
        boundaries: the number of boundaries; None if only turns were looked for.
        turns: the number of turns; None if only boundaries were looked for.
        speakers: the number of speakers, likewise.
        tiers: the names of the tiers of the TextGrid; empty if the settings tell them.
        warning: what is odd about the recording, or nothing.
        elapsed: seconds that the work took.
    """

    files: Mapping[str, bytes]
    seconds: float
    provenance: Provenance
    boundaries: int | None = None
    turns: int | None = None
    speakers: int | None = None
    tiers: tuple[str, ...] = ()
    warning: str = ""
    elapsed: float = 0.0


def absolute(model: Model | str | Path) -> Model | str | Path:
    """Returns a model by its absolute path, if it is a file, since the workers may run in another folder.

    Args:
        model: "default", a path, or the model itself.
    """
    return os.path.abspath(model) if isinstance(model, (str, Path)) and model != "default" else model


def work_on(task: Task, recording: Path) -> WorkerResult:
    """Does a task with one recording.

    Args:
        task: what to do.
        recording: its path.

    Returns:
        The contents of its files, and what the manifest says of them.

    Raises:
        PhonsegError: if the recording cannot be used, or a format cannot hold what was found.
    """
    task.provenance()  # this loads the model, which takes no time of the recording's
    start = time.perf_counter()
    with captured_warnings() as captured:
        result = task.make(recording)
    warning = " ".join(dict.fromkeys(captured))  # a recording that is read twice has the same faults twice
    return replace(result, warning=warning, elapsed=time.perf_counter() - start)
