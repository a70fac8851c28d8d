"""What a reader of any kind of label file returns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from phonseg.timeline.segmentation import Segmentation

AUDACITY = ".labels.txt"  # one suffix, that of phonseg's files for Audacity
_FOLDER = re.compile(r"[\\/:]")


class LabelFile(NamedTuple):
    """One tier of a label file, and what else the file says.

    Attributes:
        segmentation: the segments of the tier.
        tier: the name of the tier that was read, as it stands in the file (an empty name is a name); None in formats
            without tiers.
        tiers: the names of all interval tiers in the file, in order; empty in formats without tiers.
        tells_duration: whether the file says how long the recording is. If not, the duration of the segmentation is
            the end of the last segment, and the recording may be longer.
        recording: the name of the recording that the file itself gives, as `name_of_recording` returns it; "" if the
            file gives none.
        per_second: how many units of time in a second there are in the file, as it was read.
    """

    segmentation: Segmentation
    tier: str | None = None
    tiers: tuple[str, ...] = ()
    tells_duration: bool = False
    recording: str = ""
    per_second: float = 1.0


def name_of_recording(path: str | Path, names: Iterable[str]) -> str:
    """Returns the name of the recording to which a label file belongs, as the file gives it.

    Args:
        path: of the label file.
        names: that stand in the file.

    Returns:
        The name without folders and suffix, in Unicode's form NFC. Of several, the one that the label file has, too. ""
        if there is no name, or none of several is that of the label file.
    """
    own = own_name(path)
    found = {own if is_called(name, own) else _short_names(name)[1] for name in set(names)}
    return own if own in found else found.pop() if len(found) == 1 else ""


def own_name(path: str | Path) -> str:
    """Returns the name of a label file without folders and suffix, in Unicode's form NFC.

    Args:
        path: of the label file.
    """
    name = unicodedata.normalize("NFC", Path(path).name)
    return name[: -len(AUDACITY)] if name.lower().endswith(AUDACITY) else Path(name).stem


def is_called(name: str, own: str) -> bool:
    """Returns whether a label file has the name of a recording.

    Args:
        name: of the recording, as it stands in a label file, with or without folders and suffix. As in CTM files of
            phonseg, there may be _ in place of white space.
        own: the name of the label file, as `own_name` returns it.
    """
    names = _short_names(name)
    return own in names or "_".join(own.split()) in names


def _short_names(name: str) -> tuple[str, str]:
    """The name without folders (or the session, as in emuR), with and without its suffix, in Unicode's form NFC."""
    file = _FOLDER.split(unicodedata.normalize("NFC", name))[-1]
    return file, file.rpartition(".")[0] or file
