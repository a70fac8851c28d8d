"""What recordings are and what would come of segmenting them, told without segmenting any."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from phonseg.audio.channels import Channel, check_channel
from phonseg.audio.find import Found, Places, search, unique
from phonseg.audio.recording import Recording, open_recording
from phonseg.batch.jobs import plan_jobs
from phonseg.errors import AudioError, ConfigurationError
from phonseg.model.analysis import level_and_speech
from phonseg.system.captured_warnings import captured_warnings
from phonseg.system.folders import place_of

SAMPLE_RATE = 16_000  # at which speech is looked for, as in segmenting
COLUMNS = ("", "format", "Hz", "channels", "seconds", "level dB", "peak dB", "clipped", "speech", "recording")


@dataclass(frozen=True, slots=True)
class Checked:
    """One recording.

    status: fine; warned (it can be segmented, but see the messages); failed (it cannot, see the message). The rest is
    None where it failed. format: container and coding. sample_rate: samples per second. seconds: of audio. level:
    decibels of the mean square re full scale, so that a full sine is at -3; peak: decibels of the largest sample; both
    None for digital silence. clipped: share of the samples that stand at the limit. speech: share of the time.
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
        """As plain JSON types."""
        return {**asdict(self), "recording": os.fspath(self.recording)}

    def row(self) -> tuple[str, ...]:
        """What stands under `COLUMNS`; numbers are rounded, and left out where there are none."""
        told = [
            *(self.format or "", _told(self.sample_rate, "g"), _told(self.channels, "d"), _told(self.seconds, ".2f")),
            *(_told(self.level, ".1f"), _told(self.peak, ".1f"), _told(self.clipped, ".2%"), _told(self.speech, ".0%")),
        ]
        return ("" if self.status == "fine" else self.status, *told, str(self.recording))


@dataclass(frozen=True, slots=True)
class Checks:
    """All recordings, sorted, and what else is in the folders.

    problems: what would keep `phonseg.segment_files` from starting. others: suffix -> how many files are no recordings
    by their suffix. hidden: files and folders with a leading dot.
    """

    recordings: tuple[Checked, ...]
    problems: tuple[str, ...]
    others: Mapping[str, int]
    hidden: int

    @property
    def failed(self) -> tuple[str, ...]:
        """Why anything would fail: a message for each recording that cannot be segmented, and the problems."""
        return (*(said for one in self.recordings if one.status == "failed" for said in one.messages), *self.problems)

    def totals(self) -> str:
        """How many there are of what, in a few lines."""
        count = Counter(one.status for one in self.recordings)
        hours = sum(one.seconds or 0.0 for one in self.recordings) / 3600
        lines = [
            f"{len(self.recordings)} recordings, {hours:.2f} hours: {count['fine']} fine, {count['warned']} with "
            f"warnings, {count['failed']} would fail."
        ]
        formats = Counter(f"{one.format}, {one.sample_rate:g} Hz" for one in self.recordings if one.format)
        lines += [f"  {number} {name}" for name, number in formats.most_common()]
        if self.others or self.hidden:
            others = [f"{number} {suffix}" for suffix, number in sorted(self.others.items())]
            lines.append("Not recordings: " + ", ".join([*others, *([f"{self.hidden} hidden"] if self.hidden else [])]))
        return "\n".join(lines)

    def __str__(self) -> str:
        """A table, what is amiss, and the totals."""
        rows = [COLUMNS, *(one.row() for one in self.recordings)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                part.ljust(width) if place in (0, 1, len(row) - 1) else part.rjust(width)
                for place, (part, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        said = [f"{one.status}: {message}" for one in self.recordings for message in one.messages]
        problems = [f"failed: {problem}" for problem in self.problems]
        return "\n".join([*lines, "", *said, *problems, *([""] if said or problems else []), self.totals()])


def check(inputs: Places, *, channel: Channel = "mix", progress: bool = True) -> Checks:
    """Reads recordings to their ends, and reports what they are and what would come of segmenting them.

    Args:
        inputs: recordings, and folders, which are searched with the folders inside them.
        channel: "mix", or the number of one channel, counted from 1.
        progress: whether to show a bar.

    Returns:
        A report on every recording, and on what else lies in the folders.

    Raises:
        AudioError: if an input does not exist or cannot be listed.
        ConfigurationError: if the channel is out of its range.
    """
    check_channel(channel)
    found = search(inputs)
    others = {place_of(path): path.suffix.lower() or "without suffix" for one in found for path in one.others}
    hidden = {place_of(path) for one in found for path in one.hidden}
    bar = tqdm(unique(found), desc="reading", unit="file", disable=not progress)
    checked = tuple(_checked(path, channel) for path in bar)
    return Checks(checked, _problems(found), dict(Counter(others.values())), len(hidden))


def _problems(found: Sequence[Found]) -> tuple[str, ...]:
    try:
        plan_jobs(found, None)
    except ConfigurationError as error:
        return (str(error),)
    except AudioError:  # a folder without recordings, as the totals tell
        pass
    return ()


def _checked(path: Path, channel: Channel) -> Checked:
    try:
        with captured_warnings() as captured:
            recording = open_recording(path, channel=channel)
            speech = _speech(recording)
    except AudioError as error:
        return Checked(path, "failed", (str(error),))
    messages = (*captured, *recording.remarks)
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
    """The share of the time in which there is speech."""
    _, speech, _ = level_and_speech(recording.blocks(SAMPLE_RATE), recording.length(SAMPLE_RATE), SAMPLE_RATE)
    end = recording.duration
    return sum(max(0.0, min(region.end, end) - max(region.start, 0.0)) for region in speech) / end


def _told(number: float | None, form: str) -> str:
    return "" if number is None else format(number, form)
