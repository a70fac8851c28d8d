"""Label file of any kind -> `Segmentation`; the suffix of the file says which reader is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from phonseg.annotation.elan import read_elan
from phonseg.annotation.plain_text import is_table, read_lab, read_phn, read_table
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation

# By suffix. If several files have the same name, the one whose suffix comes first here is the reference.
READERS: Mapping[str, Callable[[str | Path, str | None], Segmentation]] = {
    ".textgrid": lambda path, tier: read_textgrid(path, tier=tier),
    ".phn": lambda path, tier: read_phn(path),
    ".phones": lambda path, tier: read_lab(path),
    ".lab": lambda path, tier: read_lab(path),
    ".eaf": lambda path, tier: read_elan(path, tier=tier),
    ".csv": lambda path, tier: read_table(path, tier=tier),
}


def read_reference(path: str | Path, *, tier: str | None = "phones") -> Segmentation:
    """Reads a reference; its suffix decides the kind.

    The kinds are `.TextGrid`; `.phn` of TIMIT (samples at 16 kHz); `.phones` of Buckeye; `.lab` of Festival, ESPS or
    HTK; `.eaf` of ELAN; `.csv` for a table. For details and sources see `phonseg.annotation.textgrid.reader`,
    `phonseg.annotation.plain_text` and `phonseg.annotation.elan`.

    Args:
        path: of the file; capitals in its suffix do not matter.
        tier: the name of the tier, for files with tiers; None for the only one.

    Returns:
        The segments with their labels and without scores (NaN). A gap between labelled intervals is a segment with an
        empty label. The duration is that of the TextGrid; for other kinds it is the end of the last segment, and the
        recording may be longer.

    Raises:
        TextGridError: if the file cannot be read; the message names the file and, if known, the line.
        ConfigurationError: for an ELAN file, if pympi-ling is not installed.

    Warns:
        PhonsegWarning: if a `.phones` or `.lab` file has segments without length, which are left out.
    """
    reader = READERS.get(Path(path).suffix.lower())
    if reader is None:
        raise TextGridError(f"{path}: is not a known kind of reference. Give one of these: {', '.join(READERS)}.")
    return reader(path, tier)


def is_reference(path: Path) -> bool:
    """Returns whether a file in a folder counts as a reference.

    Args:
        path: of the file.

    Returns:
        Whether its suffix is in `READERS` and, for a `.csv`, also whether it has the columns of a reference.
    """
    suffix = path.suffix.lower()
    return suffix in READERS and (suffix != ".csv" or is_table(path))
