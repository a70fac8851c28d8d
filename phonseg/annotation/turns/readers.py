"""File of turns of any kind -> `Diarization`; the suffix of the file says which reader is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from phonseg.annotation.encodings import enough_memory, read_head
from phonseg.annotation.textgrid.parser import is_textgrid
from phonseg.annotation.tier_choice import name_of_tier
from phonseg.annotation.turns.json_file import read_json_turns
from phonseg.annotation.turns.rttm import read_rttm
from phonseg.annotation.turns.speaker_tiers import read_elan_turns, read_textgrid_turns
from phonseg.annotation.turns.tables import read_audacity_turns, read_turn_table
from phonseg.errors import ConfigurationError, TextGridError
from phonseg.timeline.diarization import Diarization

Tiers = Sequence[str | int] | None

# By suffix. Each function takes the path, the tiers of speakers, and the name of the recording.
TURN_READERS: Mapping[str, Callable[[Path, Tiers, str | None], Diarization]] = {
    ".textgrid": lambda path, tiers, recording: read_textgrid_turns(path, tiers=tiers),
    ".rttm": lambda path, tiers, recording: read_rttm(path, recording=recording),
    ".eaf": lambda path, tiers, recording: read_elan_turns(path, tiers=tiers),
    ".csv": lambda path, tiers, recording: read_turn_table(path, recording=recording),
    ".json": lambda path, tiers, recording: read_json_turns(path),
    ".txt": lambda path, tiers, recording: _read_txt(path, tiers),
}


def read_turns(path: str | Path, *, tiers: Tiers = None, recording: str | None = None) -> Diarization:
    """Reads who speaks when from a file, which may be a reference.

    The kinds are `.TextGrid` and `.eaf` of ELAN, in which each tier that belongs to a speaker holds the turns of this
    speaker (`phonseg.annotation.turns.speaker_tiers` says which tiers do); `.rttm`; `.csv` for a table with the columns
    start, end and speaker; `.json` of phonseg; `.txt` of Audacity, whose labels are the speakers, or a TextGrid that
    Praat saved under such a name. Files may be in UTF-8, UTF-16 or Latin-1.

    Args:
        path: of the file; capitals in its suffix do not matter.
        tiers: for files with tiers, the names or numbers of those of the speakers; None for all but those that are
            called after something else, such as words or comments.
        recording: for RTTM and CSV, the name of a recording if the file holds several, with or without folders and
            suffix; None for the only one, or for the one that the file is called after.

    Returns:
        The turns, without provenance and evidence. Turns of one speaker that overlap are joined. The duration is that
        of the recording where the file tells it, as a TextGrid does; otherwise it is the end of the last turn, and the
        recording may be longer.

    Raises:
        TextGridError: if the file cannot be read; the message names the file and, if known, the line.
        NoSuchTierError: if no tier has a name or number that is wanted; it is a TextGridError.
        ConfigurationError: if `tiers` or `recording` is nothing of the kind.

    Warns:
        PhonsegWarning: if it is not certain which tiers belong to speakers, with the tiers that were taken and left; if
            turns are joined or left out, or if nobody speaks in an RTTM file.
    """
    if recording is not None and not isinstance(recording, str):
        raise ConfigurationError(f"recording is {recording!r:.80}. Give the name of a recording, or None.")
    if tiers is not None:
        tiers = [tiers] if isinstance(tiers, str | int) else tiers
        if not isinstance(tiers, Sequence) or not tiers or None in tiers:
            raise ConfigurationError(f"tiers is {tiers!r:.80}. Give a list of names of tiers, or None.")
        for tier in tiers:
            name_of_tier(tier)
    suffix = Path(path).suffix.lower()
    if suffix not in TURN_READERS:
        raise TextGridError(
            f"{path}: is not a known kind of file of turns. Give one of these: {', '.join(TURN_READERS)}."
        )
    with enough_memory(path):
        return TURN_READERS[suffix](Path(path), tiers, recording)


def _read_txt(path: Path, tiers: Tiers) -> Diarization:
    """Reads Audacity's labels, or a TextGrid that Praat has saved under such a name."""
    is_grid = is_textgrid(read_head(path) or "")
    return read_textgrid_turns(path, tiers=tiers) if is_grid else read_audacity_turns(path)
