"""`Segmentation` <-> ELAN, through pympi-ling, which is loaded only then.

ELAN counts whole milliseconds. Source of the format: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

from phonseg.annotation.intervals import read_bytes, segments_from_intervals
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.segmentation import Segmentation

# What no XML can hold.
UNFIT = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The same segmentation gives the same file, whenever it is written; ELAN puts the time there when it saves.
DATE = "1970-01-01T00:00:00+00:00"


def elan_bytes(segmentation: Segmentation, path: str | Path, *, tier: str = "phones") -> bytes:
    """An ELAN file with one tier; times are rounded to whole milliseconds, and nothing of none is kept.

    The recording is looked for beside the file. path: what messages name.

    Raises TextGridError for labels that XML cannot hold; ConfigurationError without pympi-ling. Warns (PhonsegWarning)
    where boundaries fall on one millisecond, and are one from then on.
    """
    check_can_write(tier)
    file = _pympi().Eaf(author="phonseg")
    file.adocument["DATE"] = DATE
    file.add_tier(tier)
    file.remove_tier("default")
    recording = segmentation.recording
    if isinstance(recording, (str, os.PathLike)):
        name = Path(recording).name
        kind = "audio/x-wav" if name.lower().endswith(".wav") else "audio/*"
        url = "./" + quote(os.fsencode(name))
        file.add_linked_file(url, url, kind)
    merged = 0
    for start, end, label in segmentation.intervals():
        if UNFIT.search(label):
            raise TextGridError(f"{path}: {label!r} holds characters that XML cannot hold. Give it another name.")
        first, last = round(1000 * start), round(1000 * end)
        if first < last:
            file.add_annotation(tier, first, last, label)
        else:
            merged += 1
    if merged and len(segmentation) > 1:
        warnings.warn(
            f"{path}: {merged} of {len(segmentation)} segments are left out for ELAN, which counts whole milliseconds: "
            "they would start and end on the same one.",
            PhonsegWarning,
            stacklevel=2,
        )
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + str(_pympi().Elan.to_string(file)).encode()


def check_can_write(tier: str) -> None:
    """Checks, before anything is segmented, that ELAN files can be written.

    Args:
        tier: the name of the tier.

    Raises:
        ConfigurationError: if pympi-ling is not installed, or XML cannot hold the name.
    """
    _pympi()
    if UNFIT.search(tier):
        raise ConfigurationError(f"tier is {tier!r}, which holds characters that XML cannot hold. Give another name.")


def read_elan(path: str | Path, *, tier: str | None = "phones") -> Segmentation:
    """Read one tier of an ELAN file; what lies between annotations becomes segments without label.

    tier: its name; None takes the only tier whose annotations have times. The duration is the end of its last
    annotation, since an ELAN file does not tell that of the recording.

    Raises TextGridError when the file cannot be read, has no such tier, or its annotations overlap or have no times of
    their own; ConfigurationError without pympi-ling.
    """
    pympi, data = _pympi(), read_bytes(Path(path))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.eaf")  # pympi reads from a name alone, which "-" or bytes are not
        copy.write_bytes(data)
        try:
            file = pympi.Eaf(str(copy), suppress_version_warning=True)
        except Exception as error:  # pympi meets what it does not know with whatever exception comes
            raise TextGridError(
                f"{path}: is no ELAN file, or a damaged one ({error}). Save it again from ELAN."
            ) from error
    timed = [name for name, (aligned, *_) in file.tiers.items() if aligned]
    chosen = [name for name in timed if tier in (None, name)]
    if len(chosen) != 1:
        there = ", ".join(f'"{name}"' for name in timed) or "none"
        wanted = "one tier with times was expected" if tier is None else f'no tier "{tier}" has times'
        raise TextGridError(f"{path}: {wanted} (tiers with times: {there}). Give the name of one of them.")
    placed = []
    for name, (first, last, label, *_) in file.tiers[chosen[0]][0].items():
        start, end = file.timeslots.get(first), file.timeslots.get(last)
        if start is None or end is None:
            raise TextGridError(f"{path}: annotation {name} has no time of its own. Give it one in ELAN.")
        placed.append((f'annotation {name} of tier "{chosen[0]}"', (start / 1000, end / 1000, label)))
    placed.sort(key=lambda one: one[1][:2])
    places, intervals = zip(*placed, strict=True)
    return segments_from_intervals(path, places, intervals, duration=0.0)


def _pympi() -> ModuleType:
    try:
        import pympi
    except ImportError as error:
        raise ConfigurationError(
            "ELAN: its files are read and written with pympi-ling, which is not installed. "
            "Install it with pip install pympi-ling, or choose another format."
        ) from error
    return pympi  # type: ignore[no-any-return]
