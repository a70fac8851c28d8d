"""Two sides of a comparison -> what has to be said of them, as notes, warnings or refusals."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from phonseg.annotation.intervals import ROUNDING, SAME_TIME
from phonseg.annotation.label_file import own_name
from phonseg.evaluation.chance import question_about_pair
from phonseg.evaluation.durations import Finding, Level, compare_durations
from phonseg.evaluation.labelled import labelled_stretches
from phonseg.evaluation.matching import count_near
from phonseg.evaluation.sides import Reading, Side
from phonseg.timeline.segmentation import Segmentation

MANY_TIMES, LEAST_COUNT = 3, 10  # as many boundaries on one side as on the other, which has at least so many
# Seconds -> share of the boundaries of a reference: if so many are that close to those of a tier, it may be a copy.
ALIKE = {ROUNDING: 0.5, 0.010: 0.95}
SHORT_LIST, FRAMES = 5, 90  # boundaries in a list, and how much later the other side may end: frames are 10 ms long
LABELLED_PART = 0.5  # of a reference: if less is labelled, it may not have been finished
FEWEST = 5  # boundaries from which a rate can be judged
FASTEST, SLOWEST = 100.0, 1 / 60  # boundaries per second: no sounds are shorter, and no phrases longer
SHORT_GAP, FEW_GAPS = 0.015, 3  # seconds; so many segments without a label that are as short are no accident


def same_file(first: Side, second: Side) -> bool:
    """Returns whether both sides are the same tier of one file, or of two files with the same bytes.

    Args:
        first: one side.
        second: the other.
    """
    if first.path is None or second.path is None or not same_segments(first, second):
        return False
    try:
        if os.path.samefile(first.path, second.path):
            return True
        sizes = first.path.stat().st_size, second.path.stat().st_size
        return sizes[0] == sizes[1] and first.path.read_bytes() == second.path.read_bytes()
    except OSError:  # it has gone since it was read
        return False


def same_boundaries(first: Side, second: Side, slack: float) -> bool:
    """Returns whether both sides have the same boundaries.

    Args:
        first: one side.
        second: the other.
        slack: seconds by which they may differ.
    """
    equal = len(first.boundaries) == len(second.boundaries)
    return equal and bool(np.all(np.abs(first.boundaries - second.boundaries) <= slack + SAME_TIME))


def same_segments(first: Side, second: Side) -> bool:
    """Returns whether both sides have the same boundaries, to the microsecond, and the same labels.

    Args:
        first: one side.
        second: the other.
    """
    one, other = first.segmentation, second.segmentation
    if one is None or other is None or one.labels is None or one.labels != other.labels:
        return False
    return same_boundaries(first, second, 0.0)


def about_files(first: Side, second: Side, reading: Reading) -> Iterator[Finding]:
    """Yields what is to be said of any two sides: whether they can belong together, and whether they are the same.

    Args:
        first: one side.
        second: the other.
        reading: how they were read.
    """
    found = _about_lists(first, second) or compare_durations(
        first.length, second.length, labelled_only=reading.labelled_only
    )
    about_times = [found] if found else [*_about_unit(first), *_about_unit(second)]
    yield from about_times
    yield from (*_about_end(first, second), *_about_end(second, first), *_about_gaps(first), *_about_gaps(second))
    yield from _about_recordings(first, second)
    if same_file(first, second):
        which = "itself" if first.name == second.name else f"{second.name}, which has the same content"
        text = f"{first.name}: is compared with {which}. Give two files that differ."
        yield Finding(Level.WARNING, text, "pairs are one file")
    if all(one.level == Level.NOTE for one in about_times):  # otherwise it is no wonder that they do not agree
        yield from _about_chance(first, second)


def _about_unit(side: Side) -> Iterator[Finding]:
    """What is to be said if times can hardly be in seconds."""
    n, seconds = len(side.boundaries), side.length.seconds
    fastest = np.inf if side.length.is_list else FASTEST * seconds
    if n >= FEWEST and not SLOWEST * seconds <= n <= fastest:
        text = f"{side.name}: has {n} boundaries in {seconds:g} s. Its times seem to be in another unit than was read."
        yield Finding(Level.WARNING, text, "pairs seem to be in another unit than was read")


def _about_end(side: Side, other: Side) -> Iterator[Finding]:
    """What is to be said if the end of the recording stands in a list of boundaries."""
    end = other.length.start + other.length.seconds
    if side.length.is_list and other.length.tells_duration and abs(side.length.seconds - end) <= ROUNDING:
        text = f"{side.name}: the last boundary is the end of the recording, which does not count. Leave it out."
        yield Finding(Level.WARNING, text)


def _about_gaps(side: Side) -> Iterator[Finding]:
    """What is to be said of short segments without a label, other than the first and the last."""
    segments = [] if side.segmentation is None else list(side.segmentation.intervals())[1:-1]
    if (n := sum(end - start < SHORT_GAP for start, end, label in segments if not label)) >= FEW_GAPS:
        text = f"{side.name}: {n} segments without a label are shorter than {1000 * SHORT_GAP:g} ms. If they are gaps "
        text += "between the labels, each of them counts as two boundaries instead of one."
        yield Finding(Level.NOTE, text, "pairs have short gaps between labels")


def _about_recordings(first: Side, second: Side) -> Iterator[Finding]:
    """What is to be said if a file gives the name of another recording than the other side."""
    names = [side.recording or (own_name(side.path) if side.path else "") for side in (first, second)]
    if (first.recording or second.recording) and all(names) and names[0] != names[1]:
        what = [f"{side.name} {'names' if side.recording else 'has the name of'}" for side in (first, second)]
        text = f'{what[0]} the recording "{names[0]}", but {what[1]} "{names[1]}".'
        yield Finding(Level.NOTE, text, "pairs name different recordings")


def _about_lists(first: Side, second: Side) -> Finding | None:
    """What is to be said if a list of boundaries ends so early that it may be in another unit than the other side."""
    shorter, longer = sorted((first, second), key=lambda side: side.length.seconds)
    fewest = min(len(first.boundaries), len(second.boundaries))
    if not shorter.length.is_list or fewest < SHORT_LIST or longer.length.seconds < FRAMES * shorter.length.seconds:
        return None
    text = f"{first.name}: {first.length}, but {second.name} {second.length}. Are both in seconds?"
    return Finding(Level.WARNING, text)


def about_score(reference: Side, prediction: Side, reading: Reading) -> Iterator[Finding]:
    """Yields what is to be said of a reference and a prediction.

    Args:
        reference: the reference.
        prediction: the prediction.
        reading: how they were read.
    """
    if len(reference.boundaries):
        yield from _about_equal(reference, prediction, asked=reading.asked)
    yield from about_files(reference, prediction, reading)
    if reference.segmentation is None:
        return
    if prediction.segmentation is not None:
        yield from _about_order(reference.segmentation, prediction.segmentation, reference.name, prediction.name)
    if not reading.labelled_only:
        yield from _about_counts(reference, prediction)
        yield from _about_labels(reference.name, reference.segmentation, len(prediction.boundaries))


def _about_equal(reference: Side, prediction: Side, *, asked: bool) -> Iterator[Finding]:
    """What is to be said if the prediction is the reference, or if it may be a copy in a file with other tiers."""
    others = list(prediction.tiers)
    if prediction.tier in others:
        others.remove(prediction.tier)
    names = ", ".join(f'"{name}"' for name in others)
    advice = f"To score another of its tiers, give --prediction-tier (in Python, prediction_tier), one of: {names}."
    same = same_segments(reference, prediction)
    if others and not asked and same_boundaries(reference, prediction, ROUNDING):
        problem = f'its tier "{prediction.tier}" has the same boundaries as the reference'
        yield Finding(Level.REFUSAL, f"{prediction.name}: {problem}. {advice}")
    elif same and reference.path and prediction.path and not same_file(reference, prediction):
        text = f"{reference.name} and {prediction.name} have the same boundaries and labels."
        yield Finding(Level.NOTE, text, "references have the same boundaries and labels as their predictions")
    elif others and not asked:
        n = len(reference.boundaries)
        for reach, part in ALIKE.items():
            m = count_near(reference.boundaries, prediction.boundaries, reach + SAME_TIME)
            if n < FEWEST or m < part * n:
                continue
            problem = f'{m} of {n} boundaries of the reference are those of its tier "{prediction.tier}"'
            problem += f", to {1000 * reach:g} ms"
            kind = "references share most boundaries with predictions that have other tiers"
            yield Finding(Level.NOTE, f"{prediction.name}: {problem}. {advice}", kind)
            break


def _about_order(reference: Segmentation, prediction: Segmentation, *names: str) -> Iterator[Finding]:
    """What is to be said if the two seem to be exchanged."""
    if _is_numbered(reference) and _names_sounds(prediction):
        text = f"{names[0]} is numbered, as phonseg does it, but {names[1]} names sounds. If that is the reference, "
        advice = "give it first: otherwise precision and recall are exchanged."
        yield Finding(Level.NOTE, text + advice, "references are numbered, but their predictions name sounds")


def _about_chance(first: Side, second: Side) -> Iterator[Finding]:
    """What is to be said if there are as few hits as two recordings would have."""
    if question := question_about_pair(first.boundaries, second.boundaries, second.name):
        text = f"{first.name} and {second.name} agree no better than two recordings would by chance. {question}"
        yield Finding(Level.WARNING, text, "pairs agree no better than two recordings would by chance")


def _about_counts(reference: Side, prediction: Side) -> Iterator[Finding]:
    """What is to be said if one side has many times as many boundaries as the other."""
    n, m = len(reference.boundaries), len(prediction.boundaries)
    if prediction.segmentation is not None and n and max(n, m) >= max(MANY_TIMES * min(n, m), LEAST_COUNT):
        text = f"{reference.name} has {n} boundaries, but {prediction.name} has {m}. Do both mark the same things, "
        kind = "pairs have three times as many boundaries on one side as on the other"
        yield Finding(Level.NOTE, f"{text}such as sounds, and not words?", kind)


def _about_labels(name: str, reference: Segmentation, n_predicted: int) -> Iterator[Finding]:
    """What is to be said of a reference without labels, or of which the larger part has none."""
    stretches = labelled_stretches(reference)
    part = float(np.diff(stretches).sum()) / reference.duration if reference.duration else 1.0
    if len(reference) == 1 and not len(stretches) and n_predicted:
        text = f"{name} has neither boundaries nor labels. Was it annotated?"
        yield Finding(Level.NOTE, text, "references have neither boundaries nor labels")
    elif 0 < part < LABELLED_PART:
        advice = "give --labelled-only (in Python, labelled_only=True) to score the rest alone"
        text = f"{name}: {100 * (1 - part):.0f} % of it has no label. If that part was not annotated, {advice}."
        yield Finding(Level.NOTE, text, "references have no label for more than half of their duration")


def _is_numbered(segmentation: Segmentation) -> bool:
    """Whether the segments are numbered from 1, as in what phonseg writes."""
    if segmentation.labels is None:
        return segmentation.provenance is not None
    return len(segmentation) > 2 and list(segmentation.labels) == [str(i + 1) for i in range(len(segmentation))]


def _names_sounds(segmentation: Segmentation) -> bool:
    """Whether more than half of the segments have a label that is no number."""
    labels = segmentation.labels or ()
    return sum(bool(label) and not label.isdecimal() for label in labels) > len(segmentation) / 2
