"""`Segmentation` -> ELAN file. Needs pympi-ling, which is imported only when a function here is called.

ELAN counts whole milliseconds. Source: https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0_and_ELAN.pdf
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.segmentation import Segmentation

NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters that XML cannot hold
# ELAN writes the current time here. A fixed date makes equal files of equal segmentations.
DATE = "1970-01-01T00:00:00+00:00"


def elan_bytes(segmentation: Segmentation, path: str | Path, *, tier: str = "phones") -> bytes:
    """Makes an ELAN file with one tier; times are rounded to whole milliseconds.

    Args:
        segmentation: the segments. A segment that would start and end on the same millisecond is left out.
        path: what messages name.
        tier: the name of the tier.

    Returns:
        The whole file. It links the recording by its name alone, so ELAN searches for it in the folder of the file.

    Raises:
        TextGridError: if XML cannot hold a label, or the recording begins before 0 s.
        ConfigurationError: if pympi-ling is not installed, or XML cannot hold the name of the tier.

    Warns:
        PhonsegWarning: if segments are left out of a segmentation that has more than one.
    """
    check_can_write(tier)
    if round(1000 * segmentation.start) < 0:
        problem = f"the recording begins at {segmentation.start:g} s, and ELAN has no times before 0"
        raise TextGridError(f"{path}: {problem}. Shift the times of the Sound to 0 in Praat, or choose another format.")
    file = _pympi().Eaf(author="phonseg")
    file.adocument["DATE"] = DATE
    file.add_tier(tier)
    file.remove_tier("default")
    if name := segmentation.recording_name:
        url = "./" + quote(os.fsencode(name))
        file.add_linked_file(url, url, "audio/x-wav" if name.lower().endswith(".wav") else "audio/*")
    for start, end, label in segmentation.intervals():
        if NOT_IN_XML.search(label):
            raise TextGridError(f"{path}: {label!r} holds characters that XML cannot hold. Change this label.")
        first, last = round(1000 * start), round(1000 * end)
        if first < last:
            file.add_annotation(tier, first, last, label)
    left_out = len(segmentation) - len(file.get_annotation_data_for_tier(tier))
    if left_out and len(segmentation) > 1:
        message = f"{path}: {left_out} of {len(segmentation)} segments are left out for ELAN, since they round to 0 ms."
        warnings.warn(message, PhonsegWarning, stacklevel=2)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + str(_pympi().Elan.to_string(file)).encode()


def check_can_write(tier: str) -> None:
    """Checks, before anything is segmented, that ELAN files can be written.

    Args:
        tier: the name of the tier.

    Raises:
        ConfigurationError: if pympi-ling is not installed, or XML cannot hold the name.
    """
    _pympi()
    if NOT_IN_XML.search(tier):
        raise ConfigurationError(f"tier is {tier!r}, which holds characters that XML cannot hold. Give another name.")


def _pympi() -> ModuleType:
    try:
        import pympi
    except ImportError as error:
        raise ConfigurationError(
            "ELAN files need pympi-ling, which is not installed. "
            "Install it with pip install pympi-ling, or choose another format."
        ) from error
    return pympi  # type: ignore[no-any-return]
