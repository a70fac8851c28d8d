"""Bytes of a TextGrid of any form -> its tiers, and where they lie in the file."""

from __future__ import annotations

import re
from pathlib import Path

from phonseg.annotation.encodings import decoded, encoding, enough_memory
from phonseg.annotation.textgrid.binary_file import MAGIC, BinaryFile
from phonseg.annotation.textgrid.chronological_file import (
    CHRONOLOGICAL_HEAD,
    ChronologicalFile,
    read_chronological,
)
from phonseg.annotation.textgrid.text_file import HEAD, TextFile
from phonseg.annotation.textgrid.tier import CountError
from phonseg.errors import TextGridError

# The head of a file of Praat in text form, with the class of what it holds, in quotes.
TEXT_FILE = re.compile(r'ooTextFile[^"]*"\s+[^"]*("[^"]*")')

GridFile = TextFile | BinaryFile  # to which tiers can be added


def read_tiers(base: bytes, path: str | Path) -> GridFile | ChronologicalFile:
    """Reads a TextGrid of any form: text (long, short or chronological; UTF-8, UTF-16 or Latin-1) or binary.

    Args:
        base: the whole file.
        path: what messages name.

    Returns:
        Its tiers.

    Raises:
        TextGridError: if the file is damaged, with the line (the byte, if it is binary); if it is not a TextGrid, with
            what it is.
    """
    _check_not_blank(base, path)
    try:
        with enough_memory(path):
            return _parsed(base, path)
    except CountError as error:
        raise TextGridError(f"{path}: {error}. Correct the number, or save it again from Praat.") from error
    except ValueError as error:
        raise TextGridError(f"{path}: is damaged ({error}). Save it again from Praat.") from error


def is_textgrid(head: str) -> bool:
    """Returns whether a text begins as a TextGrid in text form does.

    Args:
        head: its first 200 characters, or more.
    """
    kind = TEXT_FILE.search(head[:200])
    return CHRONOLOGICAL_HEAD in head[:200] or (kind is not None and kind[1] == HEAD)


def open_textgrid(base: bytes, path: str | Path) -> GridFile:
    """Reads a TextGrid to which tiers are to be added.

    Args:
        base: the whole file.
        path: what messages name.

    Returns:
        Its tiers and where they lie.

    Raises:
        TextGridError: as for `read_tiers`; and if the TextGrid is chronological.
    """
    file = read_tiers(base, path)
    if isinstance(file, ChronologicalFile):
        problem = "is a chronological TextGrid, to which no tier can be added"
        raise TextGridError(f"{path}: {problem}. Open it in Praat and save it as a text file.")
    return file


def _parsed(base: bytes, path: str | Path) -> GridFile | ChronologicalFile:
    if base.startswith(MAGIC):
        return BinaryFile(base, path)
    head = base[:400].decode(encoding(base) or "latin-1", "replace")[:200]
    if CHRONOLOGICAL_HEAD in head:
        return read_chronological(decoded(base)[1])
    _check_kind(base, head, path)
    return TextFile(*decoded(base), path)


def _check_not_blank(base: bytes, path: str | Path) -> None:
    if base.strip(b"\0 \t\r\n\v\f"):
        return
    filling = "white space" if base.strip(b"\0") else "zero bytes, as after a power cut"
    problem = f"holds nothing but {filling}" if base else "is empty"
    raise TextGridError(f"{path}: {problem} ({len(base)} bytes). Take another copy, or make it again.")


def _check_kind(base: bytes, head: str, path: str | Path) -> None:
    """Raises TextGridError, with what the file is, if it does not begin as a TextGrid does."""
    binary = re.match(rb"ooBinaryFile.(\w+)", base, re.DOTALL)
    text = TEXT_FILE.search(head)
    if not binary and not text:
        raise TextGridError(f"{path}: is not a Praat TextGrid (begins with {base[:20]!r}). Save it again from Praat.")
    kind = binary[1].decode("latin-1") if binary else text[1] if text else ""
    if kind != HEAD:
        what = kind.strip('"')
        raise TextGridError(f"{path}: is a Praat file, but not a TextGrid ({what}). Save the TextGrid alone in Praat.")
