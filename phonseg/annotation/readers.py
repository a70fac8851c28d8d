"""References of every kind that phonseg reads, told apart by their suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from phonseg.annotation.elan import read_elan
from phonseg.annotation.plain_text import is_table, read_lab, read_phn, read_table
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation

# Where several files have one name, the first of these that is there is the reference.
READERS: Mapping[str, Callable[[str | Path, str | None], Segmentation]] = {
    ".textgrid": lambda path, tier: read_textgrid(path, tier=tier),
    ".phn": lambda path, tier: read_phn(path),
    ".phones": lambda path, tier: read_lab(path),
    ".lab": lambda path, tier: read_lab(path),
    ".eaf": lambda path, tier: read_elan(path, tier=tier),
    ".csv": lambda path, tier: read_table(path, tier=tier),
}


def read_reference(path: str | Path, *, tier: str | None = "phones") -> Segmentation:
    """Read a reference; its suffix, in capitals or not, tells of what kind it is.

    `.TextGrid`; `.phn` of TIMIT (samples at 16 kHz); `.phones` of Buckeye; `.lab` of Festival, ESPS or HTK; `.eaf` of
    ELAN; `.csv`, a table. See `phonseg.annotation.textgrid.reader`, `phonseg.annotation.plain_text` and
    `phonseg.annotation.elan`, also for their sources. tier: which tier, where there are tiers; None for the only one.

    The segmentation has labels, and no scores (NaN). What lies between labelled stretches is a segment with an empty
    label. The duration is that of the file, which may end before the recording does unless it is a TextGrid.

    Raises TextGridError, with the name of the file and where it can be told the line, when it cannot be read;
    ConfigurationError for ELAN without pympi-ling. Warns (PhonsegWarning) of segments without length in `.phones` and
    `.lab`, which are left out.
    """
    reader = READERS.get(Path(path).suffix.lower())
    if reader is None:
        kinds = ", ".join(READERS)
        raise TextGridError(f"{path}: not a kind of reference that can be read. Give a file of one of these: {kinds}.")
    return reader(path, tier)


def is_reference(path: Path) -> bool:
    """Whether a file in a folder counts as a reference: by its suffix, and a `.csv` by its columns too."""
    suffix = path.suffix.lower()
    return suffix in READERS and (suffix != ".csv" or is_table(path))
