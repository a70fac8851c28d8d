"""What a reader of any kind of label file returns."""

from __future__ import annotations

from typing import NamedTuple

from phonseg.timeline.segmentation import Segmentation


class LabelFile(NamedTuple):
    """One tier of a label file, and what else the file says.

    Attributes:
        segmentation: the segments of the tier.
        tier: the name of the tier that was read, as it stands in the file (an empty name is a name); None in formats
            without tiers.
        tiers: the names of all interval tiers in the file, in order; empty in formats without tiers.
        tells_duration: whether the file says how long the recording is. If not, the duration of the segmentation is
            the end of the last segment, and the recording may be longer.
    """

    segmentation: Segmentation
    tier: str | None = None
    tiers: tuple[str, ...] = ()
    tells_duration: bool = False
