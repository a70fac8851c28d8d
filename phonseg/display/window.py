"""A segmentation or diarization and two times -> its recording, opened, and a window of it that can be drawn."""

from __future__ import annotations

import math

from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording, open_recording
from phonseg.errors import ConfigurationError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation

LEAST_SECONDS, LONGEST_WINDOW = 0.02, 120.0  # of a window
MOST_WITHOUT_END = 30.0  # seconds of a window whose end is not given
ROUNDING = 0.001  # seconds by which a window may begin too early or end too late, since people see times rounded
LONGER = 0.1  # seconds by which an MP3 file may last longer in one program than in another


def open_for(made: Segmentation | Diarization, recording: Source | None = None) -> Recording:
    """Opens the recording of a segmentation or a diarization, in the channel that was analysed.

    Args:
        made: the segmentation or the diarization.
        recording: the recording to open instead; None for the one that it was made from.

    Returns:
        The open recording.

    Raises:
        AudioError: if the recording cannot be read.
        ConfigurationError: if there is no recording, or it does not have that channel.
    """
    source = made.recording if recording is None else recording
    if source is None:
        kind = type(made).__name__.lower()
        raise ConfigurationError(f"plot: this {kind} does not know its recording. Give it as `recording`.")
    channel = made.provenance.settings.get("channel", "mix") if made.provenance else "mix"
    return open_recording(source, channel=channel)  # type: ignore[arg-type]  # settings hold what `segment` was given


def check_covered(made: Segmentation | Diarization, recording: Recording) -> None:
    """Checks that a recording is long enough.

    Args:
        made: the segmentation or the diarization of it.
        recording: the recording.

    Raises:
        ConfigurationError: if it begins later, or ends more than 0.1 s earlier.
    """
    what = "segments" if isinstance(made, Segmentation) else "turns"
    problem = ""
    if made.start < recording.start - LONGER:
        problem = f"begins at {recording.start:.3f} s, after the {what} ({made.start:.3f} s)"
    if made.end > recording.end + LONGER:
        problem = f"ends at {recording.end:.3f} s, before the {what} ({made.end:.3f} s)"
    if problem:
        advice = f"Give the recording and the {what} that belong together."
        raise ConfigurationError(f"{recording.name}: {problem}. {advice}")


def check_window(
    recording: Recording,
    start: float | None,
    end: float | None,
    *,
    longest: float = LONGEST_WINDOW,
    without_end: float = MOST_WITHOUT_END,
) -> tuple[float, float]:
    """Checks that a window can be drawn.

    Args:
        recording: the recording.
        start: seconds, up to 1 ms before the beginning of the recording; None for the beginning.
        end: seconds, up to 1 ms after the end of the recording; None for the end of the recording.
        longest: seconds that a window may last.
        without_end: seconds after the start at which the recording must have ended if `end` is None.

    Returns:
        (start, end) in seconds, where the recording has samples.

    Raises:
        ConfigurationError: if the window is not inside the recording, or not 20 ms to `longest` long.
    """
    name, start = recording.name, recording.start if start is None else start
    if end is None and recording.end - start > without_end:
        duration = recording.end - recording.start
        raise ConfigurationError(
            f"{name}: lasts {duration:.3f} s, too long for one picture. Give start and end in seconds, at most "
            f"{longest:g} s apart."
        )
    end = recording.end if end is None else end
    if not recording.start - ROUNDING <= start < end <= recording.end + ROUNDING:
        raise ConfigurationError(
            f"{name}: {start:.3f} to {end:.3f} s is not inside it ({recording.start:.3f} to {recording.end:.3f} s). "
            "Give start and end in seconds."
        )
    start, end = max(start, recording.first), min(end, recording.first + recording.duration)
    if not LEAST_SECONDS <= end - start <= longest:
        unfit, apart = "too short or too long", f"{LEAST_SECONDS:g} to {longest:g} s"
        if longest == math.inf:
            unfit, apart = "too short", f"at least {LEAST_SECONDS:g} s"
        advice = f"Give start and end {apart} apart."
        raise ConfigurationError(f"{name}: {start:g} to {end:g} s is {unfit} for a picture. {advice}")
    return start, end
