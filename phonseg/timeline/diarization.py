"""Turns of a recording in a type that chooses again, saves and draws itself."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

from phonseg.errors import ConfigurationError
from phonseg.timeline.outlets import Displayed, outlet
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Speakers, Turn, speakers_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, eq=False)
class Diarization(Sequence[Turn]):
    """Who speaks when in a recording: a sequence of `Turn`.

    Attributes:
        turns: in time order (by start, then end, then speaker). Those of different speakers may overlap, those of one
            speaker may not. All lie between `start` and `end`.
        duration: seconds, of the whole recording.
        provenance: how it was made; None for a reference.
        recording: what was diarized, as it was given (a path, or samples with their rate), so that it can be drawn.
        evidence: what the choice of speakers rests on, so that it can be made again; None for a reference.
        tells_duration: False if a label file did not tell it; the duration is then the end of the last turn.
        start: seconds, where the recording begins on its own time axis: 0, except for a Praat Sound that begins
            elsewhere. All times are on that axis.
        name: for turns read from a file, the name of the recording as the file gives it, or else the name of the file
            without its suffix; empty for others.

    Raises:
        ConfigurationError: if a value is out of its range, a speaker has no name, or turns of one speaker overlap.
    """

    turns: tuple[Turn, ...]
    duration: float
    provenance: Provenance | None = None
    recording: Any = field(default=None, repr=False)
    evidence: Any = field(default=None, repr=False)
    tells_duration: bool = field(default=True, repr=False)
    start: float = 0.0
    name: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        turns = sorted((Turn(*turn) for turn in self.turns), key=lambda turn: turn[:3])
        object.__setattr__(self, "turns", tuple(turns))
        object.__setattr__(self, "duration", float(self.duration))
        object.__setattr__(self, "start", float(self.start))
        if not (math.isfinite(self.duration) and self.duration >= 0):
            raise ConfigurationError(f"diarization: duration is {self.duration} s. Give seconds, 0 or more.")
        if not math.isfinite(self.start):
            raise ConfigurationError(f"diarization: start is {self.start} s. Give seconds.")
        last: dict[str, float] = {}
        for turn in turns:
            if not turn.speaker.strip():
                raise ConfigurationError(f"diarization: the turn at {turn.start} s has no speaker. Give it a name.")
            if not (self.start <= turn.start < turn.end <= self.end):  # also if one is NaN
                raise ConfigurationError(
                    f"diarization: a turn runs from {turn.start} to {turn.end} s, in a recording from {self.start:g} "
                    f"to {self.end} s. Give turns in seconds that end after they begin, inside the recording."
                )
            if turn.start < last.get(turn.speaker, -math.inf):
                raise ConfigurationError(
                    f"diarization: two turns of {turn.speaker} overlap at {turn.start} s. Join them to one."
                )
            last[turn.speaker] = turn.end

    def __len__(self) -> int:
        """The number of turns."""
        return len(self.turns)

    @overload
    def __getitem__(self, index: int) -> Turn: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Turn, ...]: ...

    def __getitem__(self, index: int | slice) -> Turn | tuple[Turn, ...]:
        """One turn, counted from 0, or several."""
        return self.turns[index]

    @property
    def end(self) -> float:
        """Where the recording ends on its own time axis, in seconds."""
        return self.start + self.duration

    @property
    def speakers(self) -> tuple[str, ...]:
        """The names of the speakers in the order in which they first speak."""
        return speakers_of(self.turns)

    @property
    def recording_name(self) -> str:
        """The file name of the recording, without folders; empty if it was not given as a path."""
        return Path(self.recording).name if isinstance(self.recording, (str, os.PathLike)) else ""

    def at(self, *, speakers: Speakers) -> Diarization:
        """Chooses the speakers again, without analysing the recording again.

        Args:
            speakers: how many; or the least and the largest number, such as (2, 4); None to let the recording decide.

        Returns:
            The diarization with that many speakers.

        Raises:
            ConfigurationError: if the number is out of its range, if the recording has less speech than that many
                speakers need, or if this diarization was read from a file, or made by no model.
        """
        if self.evidence is None:
            why = "no model made it."
            if self.name:
                why = "it was read from a file, which does not hold what the choice rests on."
            raise ConfigurationError(f"at: this diarization has no evidence, since {why} Diarize the recording again.")
        return cast(Diarization, outlet("choose_speakers")(self, speakers))

    def to_textgrid(
        self,
        path: str | Path,
        *,
        phones: Segmentation | None = None,
        into: str | Path | None = None,
        overwrite: bool = False,
    ) -> None:
        """Writes a Praat TextGrid with a tier for each speaker. `phonseg.annotation.turns.textgrid` lists the errors.

        Args:
            path: of the file, which is replaced if it exists.
            phones: boundaries of the same recording, for a tier `phones` below the speakers.
            into: a TextGrid to which the tiers are added; nothing else in it changes. It may be `path`.
            overwrite: whether tiers of these names in it may be replaced.
        """
        outlet("turns_to_textgrid")(self, path, phones=phones, into=into, overwrite=overwrite)

    def to_rttm(self, path: str | Path) -> None:
        """Writes an RTTM file. `phonseg.annotation.turns.writers` lists the errors.

        Args:
            path: of the file, which is replaced if it exists.
        """
        self.save(path, format="rttm")

    def save(self, path: str | Path, *, format: str | None = None) -> None:
        """Writes a file in the format of its suffix. `phonseg.annotation.turns.writers` lists the errors.

        Args:
            path: of the file, which is replaced: `.TextGrid`, `.rttm`, `.csv` or `.json`.
            format: textgrid, rttm, csv or json; None for that of the suffix.
        """
        outlet("save_turns")(self, path, format)

    def plot(
        self,
        start: float | None = None,
        end: float | None = None,
        *,
        reference: Diarization | None = None,
        recording: Any = None,
    ) -> Figure:
        """Draws the waveform with the turns below it. `phonseg.display.turns.plot` lists the errors.

        Args:
            start: seconds; None for the beginning of the recording.
            end: seconds; None for the end of the recording.
            reference: if given, its turns are drawn below, in the colours of the speakers that they fit best.
            recording: a path, or samples with their rate, if the turns were read from a file.

        Returns:
            The figure, which a notebook displays.
        """
        return cast("Figure", outlet("plot_turns")(self, start, end, reference=reference, recording=recording))

    def player(self, start: float | None = None, end: float | None = None) -> Displayed:
        """Draws and plays a part of the recording, turn by turn. `phonseg.display.turns.player` lists the errors.

        Args:
            start: seconds; None for the beginning of the recording.
            end: seconds; None for as much as a player can hold, or the end of the recording.

        Returns:
            The player, which a notebook displays.
        """
        return cast(Displayed, outlet("play_turns")(self, start, end))

    def _repr_html_(self) -> str:
        """The beginning, drawn and playable, for a notebook."""
        return str(outlet("show_turns")(self))
