"""Turns, given as a diarization or a file -> one side of a comparison."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phonseg.annotation.label_file import own_name
from phonseg.annotation.turns.readers import read_turns
from phonseg.errors import ConfigurationError
from phonseg.evaluation.durations import Length
from phonseg.evaluation.pairs.pairing import REFERENCES, Kinds
from phonseg.evaluation.pairs.read_pairs import is_folder
from phonseg.timeline.diarization import Diarization

RTTM = Kinds((".rttm",))
TURNS = Kinds((".rttm", ".textgrid", ".eaf"))  # other kinds of files may as well hold something else
LATEST = 1e9  # seconds, which are 31 years: up to here, sums of nanoseconds are exact

Turns = Diarization | str | os.PathLike[str]


@dataclass(frozen=True, slots=True, eq=False)
class TurnSide:
    """One side of a comparison.

    Attributes:
        name: the path, or the role where there is none.
        turns: who speaks when.
        path: of the file; None if it is none.
    """

    name: str
    turns: Diarization
    path: Path | None = None

    @property
    def length(self) -> Length:
        """How long the recording is, as far as it is known."""
        return Length(self.name, self.turns.duration, self.turns.tells_duration, start=self.turns.start)

    @property
    def spoken(self) -> Length:
        """From the start of the recording to the end of the last turn."""
        last = max((turn.end for turn in self.turns), default=self.turns.start)
        return Length(self.name, last - self.turns.start, tells_duration=False)

    @property
    def recording(self) -> str:
        """The name of the recording without suffix, or that of the file; empty if neither is known."""
        return Path(self.turns.recording_name).stem or (own_name(self.path) if self.path else "")


def read_turn_side(source: Turns, role: str) -> TurnSide:
    """Reads one side of a comparison.

    Args:
        source: turns, or the path of a file that `phonseg.read_turns` reads.
        role: what the side is called.

    Returns:
        The side.

    Raises:
        TextGridError: if the file cannot be read or holds no turns.
        ConfigurationError: if the source is something else, or lasts more than 31 years.
    """
    if isinstance(source, Diarization):
        side = TurnSide(f"{role} ({source.recording_name})" if source.recording_name else role, source)
    elif not isinstance(source, str | os.PathLike):
        advice = "Give a Diarization, or the path of a file with turns of speakers."
        raise ConfigurationError(f"{role}: a {type(source).__name__} has no turns of speakers. {advice}")
    elif not os.fspath(source):
        raise ConfigurationError(f"{role}: an empty path is no file with turns. Give the path of one.")
    else:
        path = Path(source)
        side = TurnSide(str(path), read_turns(path), path)
    if max(abs(side.turns.start), abs(side.turns.end)) > LATEST:
        raise ConfigurationError(f"{side.name}: {side.length}. No recording lasts 31 years. Give times in seconds.")
    return side


def holds_turns(*sources: Any) -> bool:
    """Returns whether the sources of a comparison are turns of speakers, as far as types and suffixes tell.

    Args:
        sources: of any kind.

    Returns:
        Whether one of them is a Diarization, an RTTM file, or a folder with RTTM files and no other label files.
    """
    return any(_holds_turns(source) for source in sources)


def _holds_turns(source: Any) -> bool:
    if is_folder(source):
        return bool(RTTM.find(source)) and not REFERENCES.find(source)
    if isinstance(source, str | os.PathLike):
        return os.fspath(source).lower().endswith(RTTM.suffixes)
    return isinstance(source, Diarization)
