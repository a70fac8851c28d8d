"""Regions and likeness -> splices, where the new recording jumps in the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from phonseg.tempo.rendering.cheapest_paths import cheapest_paths
from phonseg.tempo.rendering.likeness import Likeness
from phonseg.tempo.rendering.regions import Region


@dataclass(frozen=True, slots=True)
class Splices:
    """Where the new recording jumps in the old one.

    Attributes:
        places: (S,) samples of the new recording, the centres of the cross-fades, in order.
        before: (S,) samples to add to have those of the old recording, before the splice.
        after: (S,) the same, after it.
        room: (S,) samples by which the cross-fade may go on either way.
        region: (S,) the number of the region it lies in.
    """

    places: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    room: NDArray[np.int64]
    region: NDArray[np.int64]

    @classmethod
    def none(cls) -> Splices:
        """Returns no splices at all."""
        return cls(*(np.zeros(0, np.int64) for _ in range(5)))

    def within(self, n_samples: int) -> Splices:
        """Returns the splices with cross-fades that do not reach beyond the old recording.

        Args:
            n_samples: of the old recording.
        """
        beyond = np.minimum(n_samples - self.places - self.before, self.places + self.after)
        return replace(self, room=np.minimum(self.room, beyond))


def find_splices(regions: Sequence[Region], like: Likeness, sample_rate: float, n_samples: int) -> Splices:
    """Returns the splices of regions.

    Args:
        regions: in order.
        like: how like the old recording is to itself, there.
        sample_rate: samples per second.
        n_samples: of the old recording.
    """
    if not regions:
        return Splices.none()
    # The paths are found side by side, the longest first.
    order = sorted(range(len(regions)), key=lambda i: -len(regions[i].places))
    found = dict(zip(order, cheapest_paths([regions[i] for i in order], like, sample_rate, n_samples), strict=True))
    columns: list[NDArray[np.int64]] = []
    for number, region in enumerate(regions):
        offsets = found[number]
        at = np.flatnonzero(np.diff(offsets))
        places = region.places[at]
        room = np.minimum(places - region.limits[0], region.limits[1] - places)
        columns.append(np.stack([places, offsets[at], offsets[at + 1], room, np.full(len(at), number)]))
    return Splices(*np.concatenate(columns, axis=1))
