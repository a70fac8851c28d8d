"""Bytes of an ELAN file -> its tiers and times.

ELAN counts whole milliseconds. Source: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from xml.parsers import expat

import numpy as np

from phonseg.annotation.encodings import decoded, read_bytes, whole_characters
from phonseg.annotation.intervals import MAX_LABEL, MAX_TIERS, check_count, shown
from phonseg.annotation.tier_choice import HOLDS_INTERVALS
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.timeline.grid import Times

MAX_TAGS = 1_200_000  # of four hours of speech sounds, which have as many attributes
MAX_TAG_BYTES = 4 * MAX_LABEL  # from one tag to the next

_MILLISECONDS = re.compile(r"-?\d{1,15}", re.ASCII).fullmatch
# Encodings that are not looked for in the bytes. The parser knows them if the file names them.
_NAMED = re.compile(r"""<\?xml[^>]{0,100}encoding\s*=\s*["'](?!utf-?8|utf-?16)""", re.IGNORECASE)


# Its name, its two time slots, and where its label begins among the texts of its tier. A mere tuple, for Python looks
# through millions of other objects again and again, to see whether they can go.
Annotation = tuple[str, str, str, int]


class ElanTier(NamedTuple):
    """A tier of an ELAN file.

    Attributes:
        name: its TIER_ID.
        parent: the name of the tier on which it depends; empty if it stands alone.
        annotations: those with times.
        texts: their labels, in parts.
        others: one entry if there are annotations without times, too.
    """

    name: str
    parent: str
    annotations: list[Annotation]
    texts: list[str]
    others: list[str]

    @property
    def holds(self) -> str:
        """`HOLDS_INTERVALS`, or what it holds instead."""
        return HOLDS_INTERVALS if self.annotations else "annotations without times" if self.others else "nothing"

    @property
    def labels(self) -> list[str]:
        """Of the annotations with times."""
        begins = [begin for *_, begin in self.annotations]
        return ["".join(self.texts[a:b]) for a, b in pairwise([*begins, len(self.texts)])]


class ElanDocument:
    """What an ELAN file holds; its private methods are called while the file is parsed.

    Attributes:
        root: the name of the outermost element.
        units: of the times.
        origins: where linked recordings begin, in milliseconds, as they stand in the file.
        media: the addresses of the linked recordings.
        slots: the times by name, as they stand in the file.
        tiers: in the order of the file.
    """

    def __init__(self) -> None:
        self.root = ""
        self.units = "milliseconds"
        self.origins: list[str] = []  # of the linked recordings
        self.media: list[str] = []  # their addresses
        self.slots: dict[str, str | None] = {}
        self.tiers: list[ElanTier] = []
        self._texts: list[str] | None = None  # to which text belongs
        self._is_timed = False  # the annotation that was begun last
        self._elements: Mapping[str, Callable[[dict[str, str]], None]] = {
            "HEADER": self._header,
            "MEDIA_DESCRIPTOR": self._medium,
            "TIME_SLOT": self._slot,
            "TIER": self._tier,
            "ALIGNABLE_ANNOTATION": self._annotation,
            "REF_ANNOTATION": self._other_annotation,
        }

    def parse(self, data: bytes, encoding: str | None) -> None:
        """Reads the file.

        Args:
            data: the whole file.
            encoding: of it; None for that which the file names.
        """
        parser = expat.ParserCreate(encoding)
        parser.buffer_text, parser.buffer_size = True, 1 << 16
        parser.StartElementHandler, parser.CharacterDataHandler = self._start, self._text
        parser.StartDoctypeDeclHandler = self._refuse  # and with it every entity
        parser.Parse(data, True)

    def times(self, path: str | Path, annotations: Sequence[Annotation]) -> Times:
        """Returns the times of annotations.

        Args:
            path: of the file, for messages.
            annotations: some of this file.

        Returns:
            (n, 2) start and end of each, in seconds from the start of the linked recording.

        Raises:
            TextGridError: if there are more than `MAX_INTERVALS`, or one has no times of its own.

        Warns:
            PhonsegWarning: if linked recordings have different origins, of which the first is taken.
        """
        check_count(path, len(annotations), "annotations")
        times: list[int] = []
        for one, first, last, _ in annotations:
            for slot in (first, last):
                if (value := self.slots.get(slot)) is None:
                    raise TextGridError(f"{path}: annotation {shown(one)} has no time of its own. Give it one in ELAN.")
                if not _MILLISECONDS(value):
                    problem = f"annotation {shown(one)} has the time {shown(value)!r}"
                    raise TextGridError(f"{path}: {problem}. Give milliseconds.")
                times.append(int(value))
        return (np.array(times, dtype=np.int64).reshape(-1, 2) + _origin(path, self.origins)) / 1000

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.root = self.root or tag
        if tag == "ANNOTATION_VALUE":
            self._texts = self.tiers[-1].texts if self._is_timed else None
        elif element := self._elements.get(tag):
            self._texts = None
            element(attributes)

    def _text(self, text: str) -> None:
        if self._texts is not None:
            self._texts.append(text)

    def _header(self, attributes: dict[str, str]) -> None:
        self.units = attributes.get("TIME_UNITS", self.units)

    def _medium(self, attributes: dict[str, str]) -> None:
        self.origins.append(attributes.get("TIME_ORIGIN", "0"))
        self.media.append(attributes.get("MEDIA_URL") or attributes.get("RELATIVE_MEDIA_URL", ""))

    def _slot(self, attributes: dict[str, str]) -> None:
        self.slots[attributes.get("TIME_SLOT_ID", "")] = attributes.get("TIME_VALUE")

    def _tier(self, attributes: dict[str, str]) -> None:
        if len(self.tiers) == MAX_TIERS:
            raise ValueError(f"it holds more than {MAX_TIERS} tiers, and no more are read")
        self._is_timed = False
        self.tiers.append(ElanTier(attributes.get("TIER_ID", ""), attributes.get("PARENT_REF", ""), [], [], []))

    def _annotation(self, attributes: dict[str, str]) -> None:
        self._is_timed = bool(self.tiers)
        if self.tiers:
            tier, get = self.tiers[-1], attributes.get
            slots = get("TIME_SLOT_REF1", ""), get("TIME_SLOT_REF2", "")
            tier.annotations.append((get("ANNOTATION_ID", ""), *slots, len(tier.texts)))

    def _other_annotation(self, attributes: dict[str, str]) -> None:
        self._is_timed = False
        if self.tiers and not self.tiers[-1].others:
            self.tiers[-1].others.append("")

    def _refuse(self, *_: Any) -> NoReturn:
        raise ValueError("it declares a type of document, which ELAN does not")


def parsed_elan(path: str | Path) -> ElanDocument:
    """Reads what an ELAN file holds.

    Args:
        path: of the file.

    Returns:
        The tiers and the times in it.

    Raises:
        TextGridError: if the file cannot be read, is damaged or is no ELAN file.
    """
    try:
        return _parsed(read_bytes(path))
    except (ValueError, LookupError, expat.ExpatError) as error:
        raise TextGridError(f"{path}: is damaged, or not an ELAN file ({error}). Save it again from ELAN.") from error


def _parsed(data: bytes) -> ElanDocument:
    document = ElanDocument()
    codec, text = decoded(data)
    named = _NAMED.match(text)
    if not named and (codec != "utf-8" or whole_characters(text) is not text):
        data = whole_characters(text).encode()
    del text
    _check_tags(data)
    document.parse(data, None if named else "utf-8")
    if document.root != "ANNOTATION_DOCUMENT":
        raise ValueError(f"it begins with {shown(document.root)}")
    if document.units != "milliseconds":
        raise ValueError(f"its times are in {shown(document.units)}, not in milliseconds")
    return document


def _check_tags(data: bytes) -> None:
    """Raises ValueError if there are too many tags or attributes, or if a tag with the text after it is too long."""
    for sign, what in ((b"<", "tags"), (b"=", "attributes")):
        if data.count(sign) > MAX_TAGS:
            raise ValueError(f"it has more than {MAX_TAGS} {what}, and no more are read")
    tags = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("<"))
    if np.diff(tags, prepend=0, append=len(data)).max() > MAX_TAG_BYTES:
        raise ValueError(f"one of its texts has more than {MAX_TAG_BYTES} bytes, and no more are read")


def _origin(path: str | Path, origins: list[str]) -> int:
    """Milliseconds from the start of the recording to 0 s in the file."""
    if not origins:
        return 0
    if len(set(origins)) > 1:
        found = ", ".join(f"{shown(one)} ms" for one in origins[:10])
        problem = f"links recordings that start at different times ({found})"
        warnings.warn(f"{path}: {problem}. Times are those of the first.", PhonsegWarning, stacklevel=4)
    if not _MILLISECONDS(origins[0]):
        raise TextGridError(f"{path}: TIME_ORIGIN is {shown(origins[0])!r}. Give whole milliseconds.")
    return int(origins[0])
