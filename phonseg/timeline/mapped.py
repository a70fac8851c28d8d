"""Segments or turns of a recording, and a time map -> the same in the recording whose tempo was changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation

if TYPE_CHECKING:
    from phonseg.timeline.time_map import TimeMap


def mapped(time_map: TimeMap, made: Segmentation | Diarization) -> Segmentation | Diarization:
    """Returns segments or turns in new time; see `TimeMap.apply`.

    Args:
        time_map: the map.
        made: the segments or the turns of the old recording.

    Returns:
        Those of the new recording.

    Raises:
        ConfigurationError: if it is something else, or begins or ends elsewhere than the old recording, by more than
            0.1 s. If `tells_duration` is false, it may end earlier.
    """
    if not isinstance(made, Segmentation | Diarization):
        raise ConfigurationError(f"apply: {type(made).__name__} has no times. Give a segmentation or a diarization.")
    if not time_map.is_of(made.start, made.end, tells_duration=made.tells_duration):
        raise ConfigurationError(
            f"apply: the {type(made).__name__.lower()} lasts from {made.start:g} to {made.end:g} s, and the recording "
            f"of the map from {time_map.old[0]:g} to {time_map.old[-1]:g} s. Give what belongs to this recording."
        )
    times = made.boundaries if isinstance(made, Segmentation) else np.array([turn[:2] for turn in made]).ravel()
    end = made.end if made.tells_duration else max(made.end, float(time_map.old[-1]))
    time_map = fitted(time_map, made.start, end, times)
    start = time_map(made.start)
    duration = time_map(made.end) - start
    if isinstance(made, Segmentation):
        made = replace(made, candidates=_mapped_candidates(time_map, made), curve=None, recording=None)
        return replace(made, boundaries=time_map(made.boundaries), start=start, duration=duration)
    last = start + duration  # to which the sum may be rounded
    turns = (turn._replace(start=time_map(turn.start), end=min(time_map(turn.end), last)) for turn in made)
    return replace(made, turns=tuple(turns), start=start, duration=duration, evidence=None, recording=None)


def fitted(time_map: TimeMap, start: float, end: float, times: Times) -> TimeMap:
    """Returns the map of labels that begin or end a little before or after their recording.

    They then begin and end where the new recording does. Times inside the recording are mapped as before; what lies
    beyond its ends is moved to just before them, in the same order.

    Args:
        time_map: the map of the recording.
        start: seconds, where the labels begin.
        end: seconds, where the labels end.
        times: (n,) seconds of the labels, in any order.

    Returns:
        The same map, if they begin and end where the recording does.
    """
    old, new = time_map.old, time_map.new
    if (start, end) == (old[0], old[-1]):
        return time_map
    inside = times[(times > max(start, old[0])) & (times < min(end, old[-1]))]
    knots = np.union1d(inside, old)
    knots = knots[(knots >= inside.min(initial=np.inf)) & (knots <= inside.max(initial=-np.inf))]
    ends = times.min(initial=start), times.max(initial=end)  # a label may end after the labels as a whole
    return replace(
        time_map,
        old=np.concatenate([ends[:1], knots, ends[1:]]),
        new=np.concatenate([new[:1], time_map(knots), new[-1:]]),
    )


def _mapped_candidates(time_map: TimeMap, made: Segmentation) -> Candidates | None:
    """The candidates in new time, which can be chosen again; speech is taken to change as much as the whole."""
    found = made.candidates
    if found is None:
        return None
    return replace(found, times=time_map(found.times), speech_seconds=found.speech_seconds / time_map.factor)
