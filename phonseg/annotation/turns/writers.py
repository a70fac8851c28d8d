"""`Diarization` -> the bytes of a TextGrid, RTTM, CSV or JSON file.

Times read back as the same numbers. In RTTM and CSV, control characters of names are escaped. Scores rank the turns,
but are not probabilities.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from phonseg.annotation.intervals import decimal
from phonseg.annotation.turns.rttm import rttm_bytes
from phonseg.annotation.turns.textgrid import turns_textgrid_bytes
from phonseg.errors import ConfigurationError, printable
from phonseg.system.atomic_files import replacing
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation

CSV_COLUMNS = ("recording", "turn", "start", "end", "duration", "speaker", "score")  # of a CSV file


@dataclass(frozen=True, slots=True)
class TurnLayout:
    """In which formats diarizations are written, and how.

    Attributes:
        formats: one or more names from `FORMATS`; repeated names are dropped.
        phones: whether a TextGrid has a tier `phones` below the speakers.

    Raises:
        ConfigurationError: if a format is unknown, or phones are wanted and no TextGrid.
    """

    formats: tuple[str, ...] = ("textgrid", "rttm")
    phones: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "formats", tuple(dict.fromkeys(self.formats)))
        unknown = [name for name in self.formats if name not in FORMATS]
        if unknown or not self.formats:
            problem = (
                f"there is no format {', '.join(map(str, unknown))} of turns" if unknown else "no format was given"
            )
            raise ConfigurationError(f"{problem}. Give one or more of {', '.join(FORMATS)}.")
        if self.phones and "textgrid" not in self.formats:
            raise ConfigurationError("phones stand in a TextGrid, and none is written. Add the format textgrid.")

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The suffix of the file in each of the formats, such as `.TextGrid`."""
        return tuple(FORMATS[name].suffix for name in self.formats)

    @property
    def settings(self) -> dict[str, object]:
        """The fields, except `formats`, that differ from their defaults, by name."""
        return {"phones": True} if self.phones else {}

    def encode(
        self, diarization: Diarization, path: str | Path, phones: Segmentation | None = None
    ) -> dict[str, bytes]:
        """Encodes a diarization in each of the formats.

        Args:
            diarization: what to write.
            path: what messages name.
            phones: boundaries of the same recording, for the tier `phones`; they have no effect if the layout has no
                such tier.

        Returns:
            The content of the file in each format, by suffix.

        Raises:
            TextGridError: if a TextGrid or an RTTM file cannot hold the turns; `phonseg.annotation.turns.textgrid` and
                `rttm` say when.
            ConfigurationError: if the layout has a tier `phones`, and there are none.
        """
        if self.phones and phones is None:
            raise ConfigurationError(f"{path}: no phones were given for the tier phones. Segment the recording, too.")
        shown = phones if self.phones else None
        return {FORMATS[name].suffix: FORMATS[name].encode(diarization, path, shown) for name in self.formats}


class Format(NamedTuple):
    """A file format.

    Attributes:
        suffix: of its files.
        encode: takes a diarization, the path that messages name, and the phones if there are some; returns the content
            of the file.
    """

    suffix: str
    encode: Callable[[Diarization, str | Path, Segmentation | None], bytes]


def save_turns(diarization: Diarization, path: str | Path, format: str | None = None) -> None:
    """Writes a file in one of `FORMATS`.

    Args:
        diarization: what to write.
        path: of the file; an existing file is replaced. The suffix names the format: `.TextGrid`, `.rttm`, `.csv` or
            `.json`; capitals do not matter.
        format: textgrid, rttm, csv or json, whatever the suffix; None for the format of the suffix.

    Raises:
        ConfigurationError: if the format is unknown.
        TextGridError: if a TextGrid or an RTTM file cannot hold the turns.
        OutputError: if the file cannot be written.
    """
    if format is None:
        suffix = Path(path).suffix.lower()
        format = next((name for name, one in FORMATS.items() if one.suffix.lower() == suffix), suffix or str(path))
    (data,) = TurnLayout((format,)).encode(diarization, path).values()
    with replacing(path) as partial:
        partial.write_bytes(data)


def _csv(diarization: Diarization, path: str | Path, phones: Segmentation | None) -> bytes:
    """A row for each turn, also for R; a header alone if nobody speaks."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(CSV_COLUMNS)
    recording = printable(diarization.recording_name or diarization.name)
    for number, turn in enumerate(diarization, 1):
        # The rounding to nanoseconds removes the error of the subtraction.
        times = decimal(turn.start), decimal(turn.end), decimal(round(turn.end - turn.start, 9))
        table.writerow((recording, number, *times, printable(turn.speaker, keep="\t\n"), _score(turn.score)))
    return text.getvalue().encode("utf-8", "backslashreplace")


def _json(diarization: Diarization, path: str | Path, phones: Segmentation | None) -> bytes:
    """All there is: turns, speakers, duration, provenance."""
    content: dict[str, Any] = {
        "recording": diarization.recording_name or diarization.name,
        "start": diarization.start,
        "duration": diarization.duration,
        "speakers": diarization.speakers,
        "turns": [turn._asdict() | {"score": _score(turn.score)} for turn in diarization],
        "scores": "0 to 1, how much more likely this speaker is than the others; they rank, and are not probabilities",
        "provenance": asdict(diarization.provenance) if diarization.provenance else None,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _score(score: float) -> float | None:
    return None if math.isnan(score) else score


FORMATS: Mapping[str, Format] = {
    "textgrid": Format(".TextGrid", turns_textgrid_bytes),
    "rttm": Format(".rttm", lambda one, path, phones: rttm_bytes(one, path)),
    "csv": Format(".csv", _csv),
    "json": Format(".json", _json),
}
