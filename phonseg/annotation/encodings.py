"""Label file -> its bytes -> its text, in whatever encoding it is."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from phonseg.errors import TextGridError
from phonseg.system.ordinary_files import open_ordinary, read_ordinary

MAX_FILE_BYTES = 64_000_000  # a TextGrid of ten hours has 40 million
MAX_SURROGATES = 4_000_000

_HEAD_BYTES = 1_000_000
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_MARK = "\ufeff"  # what the first bytes of such a file stand for
_SURROGATES = re.compile("[\ud800-\udfff]")


def read_bytes(path: str | Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """Reads a whole label file.

    Args:
        path: of the file.
        limit: how many bytes it may have.

    Returns:
        Its content.

    Raises:
        TextGridError: if it is not an ordinary file, cannot be read, or is larger than `limit`.
    """
    try:
        return read_ordinary(path, limit)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TextGridError(f"{path}: cannot be read ({reason}). Give a label file that you can read.") from error


def read_text(path: str | Path, limit: int = MAX_FILE_BYTES) -> str:
    """Reads a whole label file as text. `decoded` lists the encodings.

    Args:
        path: of the file.
        limit: how many bytes it may have.

    Returns:
        Its text, without a byte order mark.

    Raises:
        TextGridError: as for `read_bytes`; and if the file is not in the encoding that its first bytes show.
    """
    try:
        return whole_characters(decoded(read_bytes(path, limit))[1]).removeprefix(_MARK)
    except ValueError as error:
        raise TextGridError(f"{path}: is damaged ({error}). Take another copy, or save it again in UTF-8.") from error


def read_head(path: str | Path) -> str | None:
    """Reads the beginning of a label file, to see what it is.

    Args:
        path: of the file.

    Returns:
        The text of its first million bytes; None if it cannot be read or holds nothing but zero bytes.
    """
    try:
        with open_ordinary(path) as file:
            data = file.read(_HEAD_BYTES)
        codec = encoding(data)
        text = data.decode(codec, "replace") if codec else data.decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return None
    return None if data and not data.strip(b"\0") else text.removeprefix(_MARK)


@contextmanager
def enough_memory(path: str | Path) -> Iterator[None]:
    """Turns a lack of memory while a file is read into an error that names the file.

    Args:
        path: of the file.

    Raises:
        TextGridError: if there is not enough memory.
    """
    try:
        yield
    except MemoryError as error:
        raise TextGridError(f"{path}: needs more memory than there is. Cut it into parts.") from error


def decoded(data: bytes) -> tuple[str, str]:
    """Decodes a label file: UTF-8 or UTF-16, with or without a byte order mark; what is neither is Latin-1.

    Args:
        data: the whole file.

    Returns:
        The name of the encoding, and the text with its byte order mark. Some programs encode the two surrogates of a
        character one by one in UTF-8 (CESU-8); here these stay apart, so that the text encodes to the same bytes with
        `errors="surrogatepass"`.

    Raises:
        ValueError: if the file is not in the encoding that its first bytes show.
    """
    codec = encoding(data)
    try:
        return codec or "utf-8", data.decode(codec or "utf-8")
    except UnicodeDecodeError:
        codes = np.frombuffer(data, dtype=np.uint8)
        if np.count_nonzero((codes[:-1] == 0xED) & (codes[1:] >= 0xA0)) > MAX_SURROGATES:
            raise ValueError(f"it holds more than {MAX_SURROGATES} halves of characters") from None
    try:
        return codec or "utf-8", data.decode(codec or "utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        if codec:
            raise ValueError(f"from byte {error.start} on it is not {codec}") from error
        return "latin-1", data.decode("latin-1")


def encoding(data: bytes) -> str | None:
    """Finds out what the first bytes of a file show of its encoding.

    Args:
        data: the first bytes of the file, 64 or more if it has so many.

    Returns:
        "utf-8", "utf-16-le" or "utf-16-be" after a byte order mark. Without one, UTF-16 is known by the zero bytes of
        its digits, separators and Latin letters. Otherwise None.
    """
    for mark, codec in _MARKS.items():
        if data.startswith(mark):
            return codec
    first, second = data[:64:2].count(0), data[1:64:2].count(0)
    most = len(data[:64]) // 8  # a quarter of the characters, and there are other letters than Latin ones
    if max(first, second) > most and not 0 < 4 * min(first, second) >= max(first, second):
        return "utf-16-le" if second > first else "utf-16-be"
    return None


def whole_characters(text: str) -> str:
    """Joins each pair of surrogates to the character that it stands for.

    Args:
        text: in which surrogates may stand.

    Returns:
        The text without surrogates; a single one has become U+FFFD.
    """
    if text.isascii() or not _SURROGATES.search(text):
        return text
    characters = np.array([text]).view(np.uint32)
    first = (characters >= 0xD800) & (characters < 0xDC00)
    last = (characters >= 0xDC00) & (characters < 0xE000)
    pairs = np.flatnonzero(first[:-1] & last[1:])
    characters[pairs] = 0x10000 + (characters[pairs] - 0xD800 << 10) + characters[pairs + 1] - 0xDC00
    joined = np.delete(characters, pairs + 1)
    joined[(joined >= 0xD800) & (joined < 0xE000)] = 0xFFFD
    return joined.astype("<u4").tobytes().decode("utf-32-le")
