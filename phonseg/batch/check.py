"""Recordings -> what they are and whether they can be segmented; none is segmented."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from phonseg.audio.channels import Channel, check_channel
from phonseg.audio.find import Places, search, unique
from phonseg.audio.recording import Recording, open_recording
from phonseg.batch.jobs import Job, no_recordings, plan_jobs
from phonseg.detection.speech_activity import seconds_of
from phonseg.errors import AudioError, printable
from phonseg.model.speech import level_and_speech
from phonseg.system.captured_warnings import captured_warnings
from phonseg.system.folders import place_of

SAMPLE_RATE = 16_000  # Hz: speech is searched at this rate, as in segmenting
TABLE_COLUMNS = ("", "format", "Hz", "channels", "seconds", "level dB", "peak dB", "clipped", "speech", "recording")
ALIGNMENTS = "<<>>>>>>><"  # of the columns, left or right
NUMBERS = ("g", "d", ".2f", ".1f", ".1f", ".2%", ".0%")  # formats of the columns from Hz to speech


@dataclass(frozen=True, slots=True)
class Checked:
    """One recording; if it failed, all values after the messages are None.

    Attributes:
        recording: its path.
        status: fine; warned (it can be segmented, but see the messages); failed (it cannot be segmented; the message
            says why).
        messages: what is wrong with it.
        format: container and coding.
        sample_rate: samples per second.
        channels: the number of channels.
        seconds: the duration of the audio.
        level: the mean square in decibels re full scale, so that a full sine is at -3; None for digital silence.
        peak: the largest sample in decibels re full scale; None for digital silence.
        clipped: the share of the samples that are at the limit, 0 to 1.
        speech: the share of the time with speech activity, 0 to 1.
    """

    recording: Path
    status: Literal["fine", "warned", "failed"]
    messages: tuple[str, ...] = ()
    format: str | None = None
    sample_rate: float | None = None
    channels: int | None = None
    seconds: float | None = None
    level: float | None = None
    peak: float | None = None
    clipped: float | None = None
    speech: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns all fields as plain JSON types."""
        return {**asdict(self), "recording": os.fspath(self.recording)}

    def row(self) -> tuple[str, ...]:
        """Returns the texts below `TABLE_COLUMNS`; numbers are rounded, and left out if they are None."""
        values = self.sample_rate, self.channels, self.seconds, self.level, self.peak, self.clipped, self.speech
        numbers = ["" if value is None else format(value, form) for value, form in zip(values, NUMBERS, strict=True)]
        texts = ("" if self.status == "fine" else self.status, self.format or "", *numbers, str(self.recording))
        return tuple(map(printable, texts))


@dataclass(frozen=True, slots=True)
class Checks:
    """All recordings, and what else the folders hold.

    Attributes:
        recordings: a report on each recording, sorted by path.
        problems: what would keep `phonseg.segment_files` from starting.
        others: suffix -> how many files with this suffix are not recordings.
        hidden: how many files and folders have a name that begins with a dot.
    """

    recordings: tuple[Checked, ...]
    problems: tuple[str, ...]
    others: Mapping[str, int]
    hidden: int

    @property
    def failed(self) -> tuple[str, ...]:
        """Why anything would fail: a message for each recording that cannot be segmented, and the problems."""
        return (*(text for one in self.recordings if one.status == "failed" for text in one.messages), *self.problems)

    def totals(self) -> str:
        """Returns a few lines that count recordings, hours, statuses, formats and other files."""
        count = Counter(one.status for one in self.recordings)
        hours = sum(one.seconds or 0.0 for one in self.recordings) / 3600
        formats = Counter(printable(f"{one.format}, {one.sample_rate:g} Hz") for one in self.recordings if one.format)
        others = [printable(f"{number} {suffix}") for suffix, number in sorted(self.others.items())]
        others += [f"{self.hidden} hidden"] if self.hidden else []
        statuses = f"{count['fine']} fine, {count['warned']} with warnings, {count['failed']} would fail"
        recordings = "1 recording" if len(self.recordings) == 1 else f"{len(self.recordings)} recordings"
        lines = [f"{recordings}, {hours:.2f} hours: {statuses}."]
        lines += [f"  {number} {name}" for name, number in formats.most_common()]
        lines += [f"Not recordings: {', '.join(others)}"] if others else []
        return "\n".join(lines)

    def __str__(self) -> str:
        """A table, the messages, and the totals."""
        rows = [TABLE_COLUMNS, *(one.row() for one in self.recordings)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        line = "  ".join(f"{{:{alignment}{width}}}" for alignment, width in zip(ALIGNMENTS, widths, strict=True))
        table = [line.format(*row).rstrip() for row in rows]
        messages = [f"{one.status}: {message}" for one in self.recordings for message in one.messages]
        messages += [f"failed: {problem}" for problem in self.problems]
        return "\n".join([*table, "", *messages, *([""] if messages else []), self.totals()])


def check(inputs: Places, *, channel: Channel = "mix", progress: bool = True) -> Checks:
    """Reads recordings to their ends, and reports what they are and whether they can be segmented.

    Args:
        inputs: recordings, and folders, which are searched with the folders inside them.
        channel: "mix", or the number of one channel, counted from 1.
        progress: whether a bar is shown.

    Returns:
        A report on every recording, and on what else the folders hold.

    Raises:
        AudioError: if an input does not exist or cannot be listed.
        ConfigurationError: if the channel is out of its range.
    """
    check_channel(channel)
    found = search(inputs)
    others = {place_of(path): path.suffix.lower() or "without suffix" for one in found for path in one.others}
    hidden = {place_of(path) for one in found for path in one.hidden}
    jobs = {place_of(job.recording): job for job in plan_jobs((one for one in found if one.recordings), None)}
    bar = tqdm(unique(found), desc="reading", unit="file", disable=not progress)
    checked = tuple(_checked(path, jobs[place_of(path)], channel) for path in bar)
    problems = tuple(printable(no_recordings(one)) for one in found if not one.recordings)
    return Checks(checked, problems, dict(Counter(others.values())), len(hidden))


def _checked(path: Path, job: Job, channel: Channel) -> Checked:
    if job.failure:
        return Checked(path, "failed", (printable(job.failure),))
    try:
        with captured_warnings() as captured:
            recording = open_recording(path, channel=channel)
            speech = _speech(recording)
    except AudioError as error:
        return Checked(path, "failed", (str(error),))
    except Exception as error:  # one recording keeps no other from being read
        return Checked(path, "failed", (printable(f"{path}: cannot be read ({error!r})."),))
    messages = tuple(map(printable, filter(None, (*captured, *recording.remarks, job.left_out))))
    return Checked(
        recording=path,
        status="warned" if messages else "fine",
        messages=messages,
        format=recording.format,
        sample_rate=recording.sample_rate,
        channels=recording.channels,
        seconds=recording.duration,
        level=10 * math.log10(recording.power) if recording.power > 0 else None,
        peak=20 * math.log10(recording.peak) if recording.peak > 0 else None,
        clipped=recording.clipped / recording.n_samples,
        speech=speech,
    )


def _speech(recording: Recording) -> float:
    """The share of the time with speech activity, 0 to 1."""
    _, speech, _ = level_and_speech(recording.blocks(SAMPLE_RATE), recording.length(SAMPLE_RATE), SAMPLE_RATE)
    return seconds_of(speech, recording.duration) / recording.duration
