"""Segments or turns of a recording, and a time map -> the same in the recording whose tempo was changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from phonseg.errors import ConfigurationError
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.diarization import Diarization
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
        ConfigurationError: if it is something else, or lies outside the old recording by more than 0.1 s.
    """
    if not isinstance(made, Segmentation | Diarization):
        raise ConfigurationError(f"apply: {type(made).__name__} has no times. Give a segmentation or a diarization.")
    if not time_map.covers(made.start, made.end):
        raise ConfigurationError(
            f"apply: the {type(made).__name__.lower()} lasts from {made.start:g} to {made.end:g} s, and the recording "
            f"of the map from {time_map.old[0]:g} to {time_map.old[-1]:g} s. Give what belongs to this recording."
        )
    start = time_map(made.start)
    duration = time_map(made.end) - start
    if isinstance(made, Segmentation):
        made = replace(made, candidates=_mapped_candidates(time_map, made), curve=None, recording=None)
        return replace(made, boundaries=time_map(made.boundaries), start=start, duration=duration)
    last = start + duration  # to which the sum may be rounded
    turns = (turn._replace(start=time_map(turn.start), end=min(time_map(turn.end), last)) for turn in made)
    return replace(made, turns=tuple(turns), start=start, duration=duration, evidence=None, recording=None)


def _mapped_candidates(time_map: TimeMap, made: Segmentation) -> Candidates | None:
    """The candidates in new time, which can be chosen again; speech is taken to change as much as the whole."""
    found = made.candidates
    if found is None:
        return None
    return replace(found, times=time_map(found.times), speech_seconds=found.speech_seconds / time_map.factor)
