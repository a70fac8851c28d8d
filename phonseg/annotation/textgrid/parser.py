"""Bytes of a TextGrid of any form -> its tiers, and where they lie in the file."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from phonseg.annotation.textgrid.binary_file import MAGIC, BinaryFile
from phonseg.annotation.textgrid.text_file import HEAD, TextFile
from phonseg.errors import TextGridError

GridFile = TextFile | BinaryFile


def open_textgrid(base: bytes, path: str | Path) -> GridFile:
    """Reads a TextGrid of any form: text (long or short; UTF-8, UTF-16 or Latin-1) or binary.

    Args:
        base: the whole file.
        path: what messages name.

    Returns:
        Its tiers and where they lie.

    Raises:
        TextGridError: if the file is damaged, with the line (the byte, if it is binary); if it is not a TextGrid, with
            what it is.
    """
    _check_not_blank(base, path)
    try:
        if base.startswith(MAGIC):
            return BinaryFile(base)
        _check_kind(base, path)
        return TextFile(base, path)
    except ValueError as error:
        raise TextGridError(f"{path}: is damaged ({error}). Save it again from Praat.") from error


def check_start(file: GridFile, path: str | Path, slack: float) -> None:
    """Checks that a TextGrid starts at 0 s, as recordings do.

    Args:
        file: the TextGrid.
        path: what messages name.
        slack: how far from 0 s it may start, in seconds.

    Raises:
        TextGridError: if it starts farther from 0 s.
    """
    if not abs(float(file.start)) <= slack:
        problem = f"the TextGrid starts at {float(file.start)} s, whereas a recording starts at 0 s"
        raise TextGridError(f'{path}: {problem}. Shift it in Praat (Modify > Modify times > "Shift times to...").')


def _check_not_blank(base: bytes, path: str | Path) -> None:
    if base.strip(b"\0 \t\r\n\v\f"):
        return
    filling = "white space" if base.strip(b"\0") else "zero bytes, as after a power cut"
    problem = f"holds nothing but {filling}" if base else "is empty"
    raise TextGridError(f"{path}: {problem} ({len(base)} bytes). Take another copy, or make it again.")


def _check_kind(base: bytes, path: str | Path) -> None:
    """Raises TextGridError, with what the file is, if it does not begin as a TextGrid does."""
    utf_16 = base.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    head = base[:200].replace(b"\0", b"") if utf_16 else base[:200]
    if b'"Praat chronological TextGrid' in head:
        raise TextGridError(f"{path}: is a chronological TextGrid. Open it in Praat and save it as a text file.")
    found = re.match(rb"ooBinaryFile.(\w+)", base, re.DOTALL) or re.search(rb'ooTextFile[^"]*"\s+[^"]*("[^"]*")', head)
    if found is None:
        raise TextGridError(f"{path}: is not a Praat TextGrid (begins with {base[:20]!r}). Save it again from Praat.")
    if found[1] != HEAD.encode():
        kind = found[1].decode("latin-1").strip('"')
        raise TextGridError(f"{path}: is a Praat file, but not a TextGrid ({kind}). Save the TextGrid alone in Praat.")
