"""Bytes of a TextGrid in Praat's text form, long or short -> its tiers; and new tiers -> bytes in the same form.

As in Praat, only texts in quotes, <flags> and words that begin like a number count. All other words, and the rest of a
line after an exclamation mark, are comments. Source:
https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from phonseg.annotation.intervals import MAX_INTERVALS, Interval, decimals
from phonseg.annotation.textgrid.tier import INTERVALS, Tier, check_size, count_error, tier_count_error
from phonseg.annotation.textgrid.tokens import CLASS, COUNT, TEXT, TIME, Kind, Tokens, tokens, unquoted
from phonseg.errors import TextGridError

HEAD = '"TextGrid"'  # the last token of the head that every TextGrid begins with
_FLAG: Kind = "<exists> or <absent>", re.compile("<(?:exists|absent)>")


class TextFile:
    """A TextGrid in text form. Places in it are counted in characters.

    Args:
        codec: the encoding of the file.
        text: the whole file, in which surrogates may stand; see `phonseg.annotation.encodings.decoded`.
        path: what messages name.

    Attributes:
        start: seconds, as a decimal number.
        end: seconds, as a decimal number.
        count: the place of the number of tiers.
        tiers: in the order of the file.

    Raises:
        ValueError: with the line, if the file is damaged.
    """

    def __init__(self, codec: str, text: str, path: str | Path) -> None:
        self._path, self._codec, self._text = path, codec, text
        self._tokens = Tokens(text, text.find(HEAD) + len(HEAD))
        self.start, self.end = self._tokens.take(TIME)[0], self._tokens.take(TIME)[0]
        flag = self._tokens.take(_FLAG)
        count = self._tokens.take(COUNT) if flag[0] == "<exists>" else None
        self.count = slice(*(count or flag).span())
        self._held = 0  # intervals and points in the tiers read so far
        self.tiers: Sequence[Tier] = self._all_tiers(int(float(count[0])) if count else 0)
        self._newline = next((end for end in ("\r\n", "\n", "\r") if end in text), "\n")
        self._long = "xmin" in text[: self.count.start]
        self._before_count = "" if count else "<exists>\nsize = " if self._long else "<exists>\n"

    def bytes_of(self, place: slice) -> bytes:
        """Returns the bytes of a part of the file.

        Args:
            place: of the part, in characters.
        """
        return self._text[place].encode(self._codec, "surrogatepass")

    def counted(self, number: int) -> bytes:
        """Returns what to write in place of `count`.

        Args:
            number: of tiers.
        """
        return self._encoded(f"{self._before_count}{number}")

    def written(self, body: str, position: int | None) -> bytes:
        """Returns a tier in the form and encoding of this file.

        Args:
            body: the tier in the long form, from its class to its last value.
            position: of the tier in the file, counted from 1, if it is added at the end; None if it replaces a tier.

        Returns:
            Its bytes.

        Raises:
            TextGridError: if the encoding lacks a character of the tier.
        """
        lead = "" if position is None else f"\n    item [{position}]:\n        class = " if self._long else "\n"
        return self._encoded(lead + (body if self._long else "\n".join(tokens(body))))

    def _encoded(self, new: str) -> bytes:
        try:
            return new.replace("\n", self._newline).encode(self._codec, "surrogatepass")
        except UnicodeEncodeError as error:
            problem = f"its encoding ({self._codec}) has no {error.object[error.start]!r}"
            raise TextGridError(f"{self._path}: {problem}. Save it from Praat in UTF-8.") from error

    def _all_tiers(self, declared: int) -> list[Tier]:
        tiers: list[Tier] = []
        while True:
            if tiers and self._tokens.following(TIME):
                last = tiers[-1]
                raise count_error(last.kind, last.name, len(last.intervals), None, self._tokens.place())
            if len(tiers) == declared:
                break
            if self._tokens.at_end():
                raise tier_count_error(declared, len(tiers), self._tokens.place())
            tiers.append(self._tier())
            check_size(len(tiers), 0)
        if self._tokens.following(CLASS):
            raise tier_count_error(declared, None, self._tokens.place())
        self._tokens.end()
        return tiers

    def _tier(self) -> Tier:
        head = [self._tokens.take(one) for one in (CLASS, TEXT, TIME, TIME, COUNT)]
        kind, name, declared = head[0][0][1:-1], unquoted(head[1][0]), int(float(head[-1][0]))
        times = 2 if kind == INTERVALS else 1
        intervals: list[Interval] = []
        finest, before = 0, ""
        for start, end, label in self._tokens.items(times, min(declared, MAX_INTERVALS + 1 - self._held)):
            intervals.append((float(start), float(end), label))
            for time in (start,) if start == before or not before else (before, start):
                if (digits := decimals(time)) > finest:
                    finest = digits
            before = end
        self._held += len(intervals)
        check_size(0, self._held)
        if len(intervals) < declared:
            raise count_error(kind, name, declared, len(intervals), self._tokens.place())
        return Tier(kind, name, slice(head[0].start(), self._tokens.at), intervals, 10.0**-finest)
