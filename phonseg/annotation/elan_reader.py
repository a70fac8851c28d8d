"""ELAN file -> `LabelFile`.

ELAN counts whole milliseconds. Source: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from xml.parsers import expat

from phonseg.annotation.encodings import decoded, read_bytes, whole_characters
from phonseg.annotation.intervals import Interval, check_count, segments_from_intervals, shown
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.tier_choice import HOLDS_INTERVALS, ListedTier, choose_tier
from phonseg.errors import PhonsegWarning, TextGridError

_MILLISECONDS = re.compile(r"-?\d{1,15}", re.ASCII)
# Encodings that are not looked for in the bytes. The parser knows them if the file names them.
_NAMED = re.compile(r"""^<\?xml[^>]{0,100}encoding\s*=\s*["'](?!utf-?8|utf-?16)""", re.IGNORECASE)

_Attributes = Mapping[str, str]


class _Annotation(NamedTuple):
    name: str
    first: str  # the time slots
    last: str
    label: str


class _Document:
    """What an ELAN file holds; its methods are called while the file is parsed.

    The whole file is one call, for in pieces a long attribute would be read again and again.
    """

    def __init__(self) -> None:
        self.root = ""
        self.units = "milliseconds"
        self.origins: list[str] = []  # of the linked recordings
        self.slots: dict[str, str | None] = {}
        self.tiers: list[tuple[str, list[_Annotation], bool]] = []  # name, those with times, whether there are others
        self._open: _Attributes | None = None
        self._value: list[str] | None = None
        self._label = ""

    def parse(self, data: bytes, encoding: str | None) -> None:
        parser = expat.ParserCreate(encoding)
        parser.buffer_text, parser.buffer_size = True, 1 << 16
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse  # and with it every entity
        parser.Parse(data, True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.root = self.root or tag
        if tag == "HEADER":
            self.units = attributes.get("TIME_UNITS", self.units)
        elif tag == "MEDIA_DESCRIPTOR":
            self.origins.append(attributes.get("TIME_ORIGIN", "0"))
        elif tag == "TIME_SLOT":
            self.slots[attributes.get("TIME_SLOT_ID", "")] = attributes.get("TIME_VALUE")
        elif tag == "TIER":
            self.tiers.append((attributes.get("TIER_ID", ""), [], False))
        elif tag == "ALIGNABLE_ANNOTATION":
            self._open, self._label = attributes, ""
        elif tag == "REF_ANNOTATION" and self.tiers:
            self.tiers[-1] = (*self.tiers[-1][:2], True)
        elif tag == "ANNOTATION_VALUE":
            self._value = []

    def _text(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def _end(self, tag: str) -> None:
        if tag == "ANNOTATION_VALUE":
            self._label, self._value = "".join(self._value or ()), None
        elif tag == "ALIGNABLE_ANNOTATION" and self._open is not None and self.tiers:
            name, first, last = (
                self._open.get(key, "") for key in ("ANNOTATION_ID", "TIME_SLOT_REF1", "TIME_SLOT_REF2")
            )
            self.tiers[-1][1].append(_Annotation(name, first, last, self._label))
            self._open = None

    def _refuse(self, *_: Any) -> NoReturn:
        raise ValueError("it declares a type of document, which ELAN does not")


def read_elan(path: str | Path, *, tier: str | None = "phones") -> LabelFile:
    """Reads one tier of an ELAN file.

    Args:
        path: of the file.
        tier: its name, or its number; None for the only tier whose annotations have times.

    Returns:
        A segment for each annotation, and a segment with an empty label for each gap before or between them. Times are
        those of the linked recording: its `TIME_ORIGIN` is added to those of the annotations. The duration is the end
        of the last annotation, since an ELAN file does not hold the duration of the recording.

    Raises:
        TextGridError: if the file cannot be read, has no such tier, or its annotations overlap or have no times of
            their own.

    Warns:
        PhonsegWarning: if linked recordings have different origins, of which the first is taken; if gaps or overlaps
            are taken as rounding.
    """
    document = _parsed(path)
    listed = [ListedTier(i, name, _holds(found, others)) for i, (name, found, others) in enumerate(document.tiers, 1)]
    chosen = choose_tier(path, listed, tier)
    annotations = document.tiers[chosen.number - 1][1]
    check_count(path, len(annotations), "annotations")
    origin = _origin(path, document.origins)
    placed: list[tuple[Interval, str]] = []
    for name, first, last, label in annotations:
        times = [_time(path, document.slots.get(slot), name) + origin for slot in (first, last)]
        placed.append(((times[0] / 1000, times[1] / 1000, label), name))
    placed.sort(key=lambda one: one[0][:2])
    where = f' of tier "{shown(chosen.name)}"'
    segments = segments_from_intervals(
        path, [one for one, _ in placed], lambda i: f"annotation {shown(placed[i][1])}{where}", unit=0.001
    )
    return LabelFile(segments, chosen.name, tuple(one.name for one in listed if one.holds == HOLDS_INTERVALS))


def _parsed(path: str | Path) -> _Document:
    data, document = read_bytes(path), _Document()
    try:
        codec, text = decoded(data)
        if _NAMED.match(text):
            document.parse(data, None)
        else:
            document.parse(_in_utf_8(data, codec, text), "utf-8")
        if document.root != "ANNOTATION_DOCUMENT":
            raise ValueError(f"it begins with {shown(document.root)}")
        if document.units != "milliseconds":
            raise ValueError(f"its times are in {shown(document.units)}, not in milliseconds")
    except (ValueError, LookupError, expat.ExpatError) as error:
        raise TextGridError(f"{path}: is damaged, or not an ELAN file ({error}). Save it again from ELAN.") from error
    return document


def _in_utf_8(data: bytes, codec: str, text: str) -> bytes:
    whole = whole_characters(text)
    return data if codec == "utf-8" and whole is text else whole.encode()


def _holds(annotations: list[_Annotation], others: bool) -> str:
    return HOLDS_INTERVALS if annotations else "annotations without times" if others else "nothing"


def _origin(path: str | Path, origins: list[str]) -> int:
    """Milliseconds from the start of the recording to 0 s in the file."""
    if not origins:
        return 0
    if len(set(origins)) > 1:
        found = ", ".join(f"{shown(one)} ms" for one in origins[:10])
        problem = f"links recordings that start at different times ({found})"
        warnings.warn(f"{path}: {problem}. Times are those of the first.", PhonsegWarning, stacklevel=3)
    if not _MILLISECONDS.fullmatch(origins[0]):
        raise TextGridError(f"{path}: TIME_ORIGIN is {shown(origins[0])!r}. Give whole milliseconds.")
    return int(origins[0])


def _time(path: str | Path, value: str | None, annotation: str) -> int:
    if value is None:
        raise TextGridError(f"{path}: annotation {shown(annotation)} has no time of its own. Give it one in ELAN.")
    if not _MILLISECONDS.fullmatch(value):
        raise TextGridError(f"{path}: annotation {shown(annotation)} has the time {shown(value)!r}. Give milliseconds.")
    return int(value)
