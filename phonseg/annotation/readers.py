"""Label file of any kind -> `Segmentation`; the suffix of the file says which reader is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from phonseg.annotation.elan import read_elan
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.plain_text import is_table, read_lab, read_phn, read_table
from phonseg.annotation.textgrid.reader import read_textgrid_file
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation

# By suffix. If several files have the same name, the one whose suffix comes first here is the reference.
READERS: Mapping[str, Callable[[Path, str | None, int], LabelFile]] = {
    ".textgrid": lambda path, tier, rate: read_textgrid_file(path, tier=tier),
    ".phn": lambda path, tier, rate: LabelFile(read_phn(path, sample_rate=rate)),
    ".phones": lambda path, tier, rate: LabelFile(read_lab(path)),
    ".lab": lambda path, tier, rate: LabelFile(read_lab(path)),
    ".eaf": lambda path, tier, rate: read_elan(path, tier=tier),
    ".csv": lambda path, tier, rate: read_table(path, tier=tier),
}


def read_label_file(path: str | Path, *, tier: str | None = "phones", sample_rate: int = 16_000) -> LabelFile:
    """Reads a label file; its suffix decides the kind.

    The kinds are `.TextGrid`; `.phn` of TIMIT (in samples); `.phones` of Buckeye; `.lab` of Festival, ESPS or HTK;
    `.eaf` of ELAN; `.csv` for a table. For details and sources see `phonseg.annotation.textgrid.reader`,
    `phonseg.annotation.plain_text` and `phonseg.annotation.elan`.

    Args:
        path: of the file; capitals in its suffix do not matter.
        tier: the name of the tier, for files with tiers; None for the only one.
        sample_rate: samples per second in `.phn` files of TIMIT, 1 or more; it plays no part in other kinds.

    Returns:
        The segments with their labels and without scores (NaN). A gap between labelled intervals is a segment with an
        empty label. With them, which tier was read, which tiers there are, and whether the file tells the duration.

    Raises:
        TextGridError: if the file cannot be read; the message names the file and, if known, the line.
        ConfigurationError: for an ELAN file, if pympi-ling is not installed; if `sample_rate` is below 1.

    Warns:
        PhonsegWarning: if a `.phones` or `.lab` file has segments without length, which are left out.
    """
    suffix = label_suffix(path)
    if suffix is None:
        raise TextGridError(f"{path}: is not a known kind of reference. Give one of these: {', '.join(READERS)}.")
    return READERS[suffix](Path(path), tier, sample_rate)


def read_reference(path: str | Path, *, tier: str | None = "phones", sample_rate: int = 16_000) -> Segmentation:
    """Reads the segments of a label file, which may be a reference. `read_label_file` lists the kinds and the errors.

    Args:
        path: of the file; capitals in its suffix do not matter.
        tier: the name of the tier, for files with tiers; None for the only one.
        sample_rate: samples per second in `.phn` files of TIMIT, 1 or more; it plays no part in other kinds.

    Returns:
        The segments with their labels and without scores (NaN). A gap between labelled intervals is a segment with an
        empty label. The duration is that of the recording where the file tells it, as a TextGrid does; otherwise it is
        the end of the last segment, and the recording may be longer.
    """
    file = read_label_file(path, tier=tier, sample_rate=sample_rate)
    return replace(file.segmentation, tells_duration=file.tells_duration)


def is_reference(path: str | Path) -> bool:
    """Returns whether a file in a folder counts as a reference.

    Args:
        path: of the file.

    Returns:
        Whether its suffix is in `READERS` and, for a `.csv`, also whether it has the columns of a reference. Where
        `label_suffix` is not None and this is False, the file is a table, a transcript or the like and no label file.
    """
    suffix = label_suffix(path)
    return suffix is not None and (suffix != ".csv" or is_table(path))


def label_suffix(path: str | Path) -> str | None:
    """Returns the suffix that says which kind of label file this is.

    Args:
        path: of the file.

    Returns:
        The longest key of `READERS` that the name ends with, in small letters; None if there is none.
    """
    name = Path(path).name.lower()
    return max((suffix for suffix in READERS if name.endswith(suffix)), key=len, default=None)
