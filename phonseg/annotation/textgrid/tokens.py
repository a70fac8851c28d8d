"""Praat's text form -> its tokens.

As in Praat, only texts in quotes, <flags> and words that begin like a number count. All other words, and the rest of a
line after an exclamation mark, are comments. Source:
https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from phonseg.annotation.encodings import whole_characters
from phonseg.annotation.intervals import MAX_LABEL, NUMBER
from phonseg.annotation.textgrid.tier import INTERVALS, POINTS

# A comment: a word that is no token, or the rest of a line.
_COMMENT = r'(?:[^\s"<!\-+.\d][^\s"]*+(?=\s)|![^\r\n]*+)'
# What holds no beginning of a token is comments, up to its last white space.
_PLAIN = r'[^"<!\-+.\d]+(?<=\s)'
# Comments (many at once, for speed) or a token. A text without its second quote is a token of no kind.
WORD = re.compile(
    rf"(?:{_PLAIN}|{_COMMENT}\s*+){{1,1000}}+|"
    r'(?P<token>"(?:[^"]++|"")*+"(?!\S)|<[^>]*>|(?:[-+]|\.?\d)\S*|[^\s"]*+"|<)|\S+'
)
MAX_COMMENTS = 20_000_000  # characters; those before the few words with which Praat names a number do not count
MAX_TOKENS = 200_000  # read one by one
NEWLINE = re.compile(r"\r\n?|\n")

# The kinds of token: their names in messages, and their patterns.
Kind = tuple[str, re.Pattern[str]]
TEXT: Kind = "a text between quotes", re.compile('".*"', re.DOTALL)
CLASS: Kind = f'"{INTERVALS}" or "{POINTS}"', re.compile(f'"(?:{INTERVALS}|{POINTS})"')
COUNT: Kind = "a whole number", re.compile(r"\d{1,9}(?:\.0*)?", re.ASCII)
TIME: Kind = "a number", NUMBER


# A whole interval or point, from what is before its first number to its text; so most are read at once. Whatever else
# stands there is read token by token.
_COMMENTS = rf"\s*+(?:(?:{_PLAIN}|{_COMMENT})\s*+){{0,3}}+"
_NUMBER = rf"((?a:{NUMBER.pattern})(?=\s))"
_LABEL = r'("(?:[^"]++|"")*+"(?!\S))'
# What Praat itself writes there, which is found much faster.
_WORDS = {
    1: (r"\s++points \[[0-9]++\]:\s++(?:number|time) = ", r"\s++mark = "),
    2: (r"\s++intervals \[[0-9]++\]:\s++xmin = ", r"\s++xmax = ", r"\s++text = "),
}
_ITEMS = {
    count: re.compile(_NUMBER.join(f"(?:{words}|{_COMMENTS})" for words in before) + _LABEL)
    for count, before in _WORDS.items()
}


_TIER_NUMBER = re.compile(_COMMENTS + r"([0-9]{1,9})(?=\s)")


class Tokens:
    """The tokens of a text, one after the other.

    Args:
        text: the whole file.
        start: where the first token may stand, in characters.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._at = start
        self._next: re.Match[str] | None = None  # the next token, if it is known
        self._is_known = False
        self._read = 0  # tokens one by one
        self._comments = 0  # characters between them
        self._labels: dict[str, str] = {}  # by token, since most labels come again and again

    def following(self, kind: Kind) -> bool:
        """Returns whether the next token is of a kind, and stays before it.

        Args:
            kind: of token.
        """
        token = self._peek()
        return token is not None and kind[1].fullmatch(self._text, *token.span()) is not None

    def at_end(self) -> bool:
        """Returns whether there is no more token."""
        return self._peek() is None

    def take(self, kind: Kind) -> re.Match[str]:
        """Returns the next token, and goes on.

        Args:
            kind: that it must be of.

        Raises:
            ValueError: with the line, if it is of another kind, if it has more than `MAX_LABEL` characters, or if there
                is none.
        """
        token = self._peek()
        if token is None:
            raise ValueError(f"it ends too early, in {self.place()}")
        if token.end() - token.start() > MAX_LABEL:
            raise ValueError(f"a text in {self.place()} has more than {MAX_LABEL} characters, and no more are read")
        if not kind[1].fullmatch(self._text, *token.span()):
            raise ValueError(f"{self._what_stands()} instead of {kind[0]}")
        self._at, self._is_known = token.end(), False
        return token

    def items(self, times: int, most: int) -> Iterator[tuple[str, str, str]]:
        """Yields intervals or points one by one, until a tier begins or the text ends.

        Args:
            times: how many each has, 1 or 2.
            most: how many are read.

        Yields:
            The first and the last of its times, and its label.

        Raises:
            ValueError: with the line, as for `take`.
        """
        match, text, labels = _ITEMS[times].match, self._text, self._labels
        for _ in range(most):
            found = match(text, self._at)
            if found and found.end() - self._at <= MAX_LABEL:
                *numbers, token = found.groups()
                self._at, self._is_known = found.end(), False
            elif self.at_end() or self.following(CLASS):
                return
            else:
                numbers, token = [self.take(TIME)[0] for _ in range(times)], self.take(TEXT)[0]
            if (label := labels.get(token)) is None:
                label = labels[token] = unquoted(token)
            yield numbers[0], numbers[-1], label

    def number(self) -> int | None:
        """Returns the next token, a whole number from 0, and goes on; None at the end of the text.

        Raises:
            ValueError: with the line, as for `take`.
        """
        if found := _TIER_NUMBER.match(self._text, self._at):
            self._at, self._is_known = found.end(), False
            return int(found[1])
        return None if self.at_end() else int(float(self.take(COUNT)[0]))

    def end(self) -> None:
        """Raises ValueError, with the line, if there is one more token."""
        if not self.at_end():
            raise ValueError(f"{self._what_stands()}, after the last value")

    @property
    def at(self) -> int:
        """Where the last token ended that was taken, in characters."""
        return self._at

    def place(self) -> str:
        """Returns the line in which the next token stands, or the last line, such as "line 3"."""
        token = self._peek()
        at = token.start() if token else len(self._text)
        lines = self._text.count("\n", 0, at) + self._text.count("\r", 0, at) - self._text.count("\r\n", 0, at)
        return f"line {lines + 1}"

    def _peek(self) -> re.Match[str] | None:
        if not self._is_known:
            self._next = self._first_token()
            self._is_known = True
        return self._next

    def _first_token(self) -> re.Match[str] | None:
        self._read += 1
        if self._read > MAX_TOKENS:
            raise ValueError(f"more than {MAX_TOKENS} of its values are not written as Praat writes them")
        for word in WORD.finditer(self._text, self._at):
            if word["token"]:
                return word
            self._comments += word.end() - word.start()
            if self._comments > MAX_COMMENTS:
                raise ValueError(f"it has more than {MAX_COMMENTS} characters of comments, and no more are read")
        return None

    def _what_stands(self) -> str:
        token = self._peek()
        at = token.start() if token else len(self._text)
        found = NEWLINE.split(self._text[at : at + 40])[0].rstrip()
        return f"{whole_characters(found)} stands in {self.place()}"


def tokens(text: str) -> list[str]:
    """Returns the tokens of a text, without comments.

    Args:
        text: in Praat's text form, long or short.
    """
    return [word["token"] for word in WORD.finditer(text) if word["token"]]


def unquoted(token: str) -> str:
    """Returns the text that a token in quotes stands for, in which lines end with a newline, as in Praat.

    Args:
        token: with its quotes.
    """
    text = token[1:-1].replace('""', '"')
    return whole_characters(NEWLINE.sub("\n", text) if "\r" in text else text)
