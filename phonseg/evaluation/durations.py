"""How long both sides of a comparison are -> whether they can belong together, and if not, why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

DIFFERENT = 0.050, 0.01  # seconds, and share of the longer one: up to either of them, two durations count as the same
REFUSED = 1.9  # times as long as the other: no recording is stretched so far
CUT = 2.0  # times as long as the part of it that is labelled: less than half of the recording
OTHER_UNIT = 500.0  # times as long as the other: not in seconds

# Samples per second of recordings, the most usual first.
SAMPLE_RATES = (16_000, 44_100, 48_000, 8_000, 22_050, 11_025, 25_000, 20_000, 24_000, 32_000, 10_000, 12_000, 96_000)
USUAL_RATES = SAMPLE_RATES[:7]  # others have too many ratios, which durations may have by chance
UNITS = {1e3: "milliseconds", 1e6: "microseconds", 1e7: "units of 100 ns"}  # per second
LEAST_PART, MOST_PART = 0.96, 1.01  # how much of a recording its labels cover, if their unit is the right one
CLOSE = 0.003  # relative: how well a duration fits another sample rate where nothing else says that there is one


DIFFER = "pairs differ in duration"  # the kind of these findings
SAME = "Do they belong to the same recording?"


class Level(IntEnum):
    """What a finding means for the score."""

    NOTE = 1  # it is right, but the reader should know
    WARNING = 2  # it may be wrong
    REFUSAL = 3  # it would be wrong


class Finding(NamedTuple):
    """Something about a comparison that has to be said.

    Attributes:
        level: note, warning or refusal.
        text: one line about one pair of files.
        kind: words that sum up several such findings, as in "3 of 80 KIND, such as: TEXT".
    """

    level: Level
    text: str
    kind: str = ""


class Length(NamedTuple):
    """How long one side of a comparison is.

    Attributes:
        name: of the file, for messages.
        seconds: the duration, or the end of the last label, or the last boundary; 0 or more.
        tells_duration: whether `seconds` is the duration of the recording. If not, the recording may be longer.
        is_list: whether there is nothing but a list of boundaries.
        start: where the recording begins on its own time axis, in seconds; a file that does not tell its duration does
            not tell this either.
        per_second: units of time in a second, as they may have been read: 1 for seconds, 16 000 for samples at 16 kHz.
    """

    name: str
    seconds: float
    tells_duration: bool = True
    is_list: bool = False
    start: float = 0.0
    per_second: tuple[float, ...] = (1,)

    def __str__(self) -> str:
        """Returns what is known of the duration, in words that follow the name."""
        verb = "lasts" if self.tells_duration else "has its last boundary at" if self.is_list else "ends at"
        return f"{verb} {self.seconds:.3f} s" if self.seconds >= 0.001 else f"{verb} {self.seconds:g} s"

    def seen_from(self, other: Length) -> Length:
        """Returns this length with an end that counts from the start of the other side, if it has no start of its own.

        Args:
            other: the other side.
        """
        return self if self.tells_duration else self._replace(seconds=max(0.0, self.seconds - other.start))


def compare_durations(reference: Length, prediction: Length, *, labelled_only: bool = False) -> Finding | None:
    """Judges whether two durations can be those of the same recording.

    Up to 50 ms or 1 % apart, they are the same. Otherwise, if the shorter one is a duration, the longer one is too
    long: a warning, or a refusal from 1.9 times on. If the shorter one is only the end of the last label, that side is
    too short, which is usual where a recording ends in silence: a note, but a warning if it fits times at another
    sample rate, and a refusal below half. If neither is a duration, a longer reference counts as too long, and a
    shorter one as too short. A list of boundaries can only be too long.

    Args:
        reference: of the reference.
        prediction: of the prediction.
        labelled_only: whether only the labelled stretches of the reference count. It may then be short.

    Returns:
        What is to be said; None if they fit.
    """
    both_tell = reference.tells_duration and prediction.tells_duration
    if both_tell and abs(reference.start - prediction.start) > DIFFERENT[0]:
        first, second = (f"{side.start:g} to {side.start + side.seconds:g} s" for side in (reference, prediction))
        text = f"{reference.name}: goes from {first}, but {prediction.name} from {second}. Boundaries that only one of "
        return Finding(Level.WARNING, f"{text}them covers count as missed or as false alarms.", DIFFER)
    reference, prediction = reference.seen_from(prediction), prediction.seen_from(reference)
    shorter, longer = sorted((reference, prediction), key=lambda side: side.seconds)
    if longer.seconds - shorter.seconds <= max(DIFFERENT[0], DIFFERENT[1] * longer.seconds) + 1e-9:
        return None
    if shorter.is_list:
        return None
    ratio = longer.seconds / shorter.seconds if shorter.seconds else math.inf
    units = [(side, other, unit) for side, other in ((shorter, longer), (longer, shorter)) for unit in side.per_second]
    cause = next(filter(None, (likely_unit(*one) for one in units)), "")
    sides = f"{reference.name}: {reference}, but {prediction.name} {prediction}"
    if shorter.tells_duration or (not longer.tells_duration and longer is reference):
        advice = cause or f"{SAME}{_two_rates(ratio)}"
        return Finding(Level.REFUSAL if ratio >= REFUSED - 1e-9 else Level.WARNING, f"{sides}. {advice}", DIFFER)
    if ratio > CUT and not (labelled_only and shorter is reference and ratio < OTHER_UNIT):
        advice = SAME
        if shorter is reference:
            advice += " If only its beginning is labelled, give --labelled-only (in Python, labelled_only=True)."
        return Finding(Level.REFUSAL, f"{sides}. {cause or advice}")
    meant = labelled_only and shorter is reference
    if cause or (not meant and _two_rates(ratio, SAMPLE_RATES[:1])):
        return Finding(Level.WARNING, f"{sides}. {cause or SAME + _two_rates(ratio, SAMPLE_RATES[:1])}", DIFFER)
    both = "references end before their predictions" if shorter is reference else "predictions end before"
    rest = "" if meant else " All after that counts as part of its last segment."
    if shorter is reference and not meant:
        rest += " If it was not annotated, give --labelled-only (in Python, labelled_only=True)."
    return Finding(Level.NOTE, f"{sides}.{rest}", both if shorter is reference else f"{both} their references")


def likely_unit(side: Length, other: Length, read_as: float = 1.0) -> str:
    """Says in which unit the times of one side seem to be, if it is not the one that they were read as.

    Args:
        side: the side in question.
        other: the other side.
        read_as: units in a second, as they were read: 1 for seconds.

    Returns:
        A sentence or two; empty if the unit seems to be right, or is not known.
    """
    if not side.seconds or not other.seconds:
        return ""
    units = read_as * side.seconds / other.seconds  # in the file, for each second
    parts = {known: units / known for known in (*UNITS, *SAMPLE_RATES) if LEAST_PART <= units / known <= MOST_PART}
    if not parts or read_as in parts:
        return f"The times of {side.name} are not in seconds." if read_as == 1 and units > OTHER_UNIT else ""
    known = min(parts, key=lambda known: abs(parts[known] - 1))
    seem = f"The times of {side.name} seem to be {UNITS.get(known) or f'samples at {known} Hz'}"
    if read_as == 1:
        return f"{seem}. Give a file with times in seconds."
    if read_as in UNITS:
        return f"{seem}, not {UNITS[read_as]}. Give a file with times in seconds."
    return f"{seem}, not at {read_as:g} Hz: if so, give --sample-rate {known:g} (in Python, sample_rate={known:g})."


def _two_rates(ratio: float, rates: Sequence[int] = USUAL_RATES) -> str:
    """Says whether the ratio of two durations is that of two usual sample rates, one of them among `rates`."""
    for one in rates:
        for other in USUAL_RATES:
            low, high = sorted((one, other))
            if low < high and abs(ratio * low / high - 1) <= CLOSE:
                return f" At the same sample rate? {low} and {high} Hz have this ratio."
    return ""
