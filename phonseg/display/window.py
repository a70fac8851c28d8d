"""A segmentation and two times -> its recording, opened, and a window of it that can be drawn."""

from __future__ import annotations

from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import Recording, open_recording
from phonseg.errors import ConfigurationError
from phonseg.timeline.segmentation import Segmentation

LEAST_SECONDS, LONGEST_WINDOW = 0.02, 120.0  # of a window
MOST_WITHOUT_END = 30.0  # seconds of a window whose end is not given
ROUNDING = 0.001  # seconds by which a window may begin too early or end too late, since people see times rounded


def open_for(segmentation: Segmentation, recording: Source | None = None) -> Recording:
    """Opens the recording of a segmentation, in the channel that was segmented.

    Args:
        segmentation: the segmentation.
        recording: the recording to open instead; None for the one that the segmentation was made from.

    Returns:
        The open recording.

    Raises:
        AudioError: if the recording cannot be read.
        ConfigurationError: if there is no recording, or it does not have that channel.
    """
    source = segmentation.recording if recording is None else recording
    if source is None:
        raise ConfigurationError("plot: this segmentation does not know its recording. Give it as `recording`.")
    made = segmentation.provenance
    channel = made.settings.get("channel", "mix") if made else "mix"
    return open_recording(source, channel=channel)  # type: ignore[arg-type]  # settings hold what `segment` was given


def check_window(recording: Recording, start: float | None, end: float | None) -> tuple[float, float]:
    """Checks that a window can be drawn.

    Args:
        recording: the recording.
        start: seconds, up to 1 ms before the beginning of the recording; None for the beginning.
        end: seconds, up to 1 ms after the end of the recording; None for the end of the recording, which may lie at
            most 30 s after the start.

    Returns:
        (start, end) in seconds, where the recording has samples.

    Raises:
        ConfigurationError: if the window is not inside the recording, or not 20 ms to 120 s long.
    """
    name, start = recording.name, recording.start if start is None else start
    if end is None and recording.end - start > MOST_WITHOUT_END:
        duration = recording.end - recording.start
        raise ConfigurationError(
            f"{name}: lasts {duration:.3f} s, too long for one picture. Give start and end in seconds, at most "
            f"{LONGEST_WINDOW:g} s apart."
        )
    end = recording.end if end is None else end
    if not recording.start - ROUNDING <= start < end <= recording.end + ROUNDING:
        raise ConfigurationError(
            f"{name}: {start:.3f} to {end:.3f} s is not inside it ({recording.start:.3f} to {recording.end:.3f} s). "
            "Give start and end in seconds."
        )
    start, end = max(start, recording.first), min(end, recording.first + recording.duration)
    if not LEAST_SECONDS <= end - start <= LONGEST_WINDOW:
        raise ConfigurationError(
            f"{name}: {start:g} to {end:g} s is too short or too long for a picture. Give start and end "
            f"{LEAST_SECONDS:g} to {LONGEST_WINDOW:g} s apart."
        )
    return start, end
