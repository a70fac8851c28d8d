"""Label file of any kind -> `Segmentation`; the suffix of the file says which reader is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Real
from pathlib import Path

from phonseg.annotation.elan.reader import read_elan
from phonseg.annotation.encodings import enough_memory, read_head
from phonseg.annotation.json_file import is_json_of_phonseg, read_json
from phonseg.annotation.label_file import LabelFile
from phonseg.annotation.plain_text import is_audacity, read_audacity, read_ctm, read_lab, read_phn
from phonseg.annotation.tables import is_table, read_table
from phonseg.annotation.textgrid.parser import is_textgrid
from phonseg.annotation.textgrid.reader import read_textgrid_file
from phonseg.annotation.tier_choice import Wanted, name_of_tier
from phonseg.errors import ConfigurationError, TextGridError
from phonseg.timeline.segmentation import Segmentation

# By suffix. If several files have the same name, the one whose suffix comes first here is the reference.
READERS: Mapping[str, Callable[[Path, str | None, int], LabelFile]] = {
    ".textgrid": lambda path, tier, rate: read_textgrid_file(path, tier=tier),
    ".phn": lambda path, tier, rate: read_phn(path, sample_rate=rate),
    ".phones": lambda path, tier, rate: read_lab(path),
    ".lab": lambda path, tier, rate: read_lab(path),
    ".eaf": lambda path, tier, rate: read_elan(path, tier=tier),
    ".csv": lambda path, tier, rate: read_table(path, tier=tier),
    ".labels.txt": lambda path, tier, rate: read_audacity(path),
    ".txt": lambda path, tier, rate: _read_txt(path, tier),
    ".ctm": lambda path, tier, rate: read_ctm(path),
    ".json": lambda path, tier, rate: read_json(path),
}
HIGHEST_RATE = 768_000  # Hz, of recordings
# Files of these kinds may be something else. Each function takes a text and tells whether it may be a label file.
_TELL_APART: Mapping[str, Callable[[str], bool]] = {
    ".csv": is_table,
    ".txt": lambda text: is_audacity(text) or is_textgrid(text),
    ".json": is_json_of_phonseg,
}


def read_label_file(path: str | Path, *, tier: Wanted = "phones", sample_rate: int = 16_000) -> LabelFile:
    """Reads a label file; its suffix decides the kind.

    The kinds are `.TextGrid`; `.phn` of TIMIT (in samples) or CSLU; `.phones` of Buckeye; `.lab` of Festival, ESPS or
    HTK; `.eaf` of ELAN; `.csv` for a table, also of Praat, readtextgrid or emuR; `.txt` of Audacity, or a TextGrid that
    Praat saved under such a name; `.ctm`; `.json` of phonseg. For details and sources see
    `phonseg.annotation.textgrid.reader` and the modules `plain_text`, `tables`, `elan.reader` and `json_file` of
    `phonseg.annotation`. Files may be in UTF-8, UTF-16 or Latin-1.

    Args:
        path: of the file; capitals in its suffix do not matter.
        tier: for files with tiers, the name of the tier, or its number if no tier has this name; None for the only one.
        sample_rate: samples per second in `.phn` files of TIMIT, 1 to 768 000; it has no effect on other kinds.

    Returns:
        The segments with their labels and without scores (NaN). A gap between labelled intervals is a segment with an
        empty label. With them, which tier was read, which tiers there are, and whether the file tells the duration.

    Raises:
        TextGridError: if the file cannot be read; the message names the file and, if known, the line.
        NoSuchTierError: if no tier has this name or number; it is a TextGridError.
        ConfigurationError: if `sample_rate` is out of its range, or `tier` is neither a name, a whole number nor None.

    Warns:
        PhonsegWarning: if gaps or overlaps are taken as rounding (`phonseg.annotation.intervals` says when); if
            something is left out or not as the file says.
    """
    if isinstance(sample_rate, bool) or not (isinstance(sample_rate, Real) and 1 <= sample_rate <= HIGHEST_RATE):
        wanted = f"Give samples per second, from 1 to {HIGHEST_RATE}, such as 16000."
        raise ConfigurationError(f"sample_rate is {sample_rate!r:.80}. {wanted}")
    suffix = label_suffix(path)
    if suffix is None:
        raise TextGridError(f"{path}: is not a known kind of reference. Give one of these: {', '.join(READERS)}.")
    with enough_memory(path):
        return READERS[suffix](Path(path), name_of_tier(tier), sample_rate)


def read_reference(path: str | Path, *, tier: Wanted = "phones", sample_rate: int = 16_000) -> Segmentation:
    """Reads the segments of a label file, which may be a reference. `read_label_file` lists the kinds and the errors.

    Args:
        path: of the file; capitals in its suffix do not matter.
        tier: for files with tiers, the name of the tier, or its number if no tier has this name; None for the only one.
        sample_rate: samples per second in `.phn` files of TIMIT, 1 to 768 000; it has no effect on other kinds.

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
        Whether its suffix is in `READERS`. A `.csv` must also have the columns of a reference, a `.txt` lines of
        Audacity or be a TextGrid, a `.json` the keys of phonseg's. One that cannot be read counts, so that
        `read_label_file` says why, and so does an empty `.csv` or `.json`; an empty `.txt` may be a transcript. Where
        `label_suffix` is not None and this is False, the file is another table, a transcript or the like.
    """
    suffix = label_suffix(path)
    if suffix is None or suffix not in _TELL_APART:
        return suffix is not None
    head = read_head(path)
    return head is None or _TELL_APART[suffix](head)


def label_suffix(path: str | Path) -> str | None:
    """Returns the suffix that says which kind of label file this is.

    Args:
        path: of the file.

    Returns:
        The longest key of `READERS` that the name ends with, in small letters; None if there is none.
    """
    name = Path(path).name.lower()
    return max((suffix for suffix in READERS if name.endswith(suffix)), key=len, default=None)


def _read_txt(path: Path, tier: str | None) -> LabelFile:
    """Reads Audacity's labels, or a TextGrid that Praat has saved under such a name."""
    return read_textgrid_file(path, tier=tier) if is_textgrid(read_head(path) or "") else read_audacity(path)
