"""Many recordings -> many TextGrids, in folders like those they came from."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from phonseg.audio import Channel, find_recordings
from phonseg.errors import AudioError, ConfigurationError, OutputError, PhonsegError, PhonsegWarning
from phonseg.segmenter import Segmenter, load

Place = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one recording.

    status: done; warned (done, but see the message); skipped (its TextGrid is there already); failed (see the
    message). boundaries, seconds: how many and of how much audio, None unless it was done now.
    """

    recording: Path
    textgrid: Path
    status: Literal["done", "warned", "skipped", "failed"]
    message: str = ""
    boundaries: int | None = None
    seconds: float | None = None


def segment_files(
    inputs: Place | Iterable[Place],
    output: Place | None = None,
    *,
    model: Segmenter | str | Path = "default",
    sensitivity: float | None = None,
    rate: float | None = None,
    channel: Channel = "mix",
    overwrite: bool = False,
    progress: bool = True,
) -> list[Outcome]:
    """Segment recordings and write a TextGrid for each; one that cannot be read stops none of the others.

    inputs: recordings, and folders, which are searched with the folders inside them. output: the folder in which the
    tree below each input folder is mirrored; None to write beside the recordings. sensitivity, rate, channel: as in
    `phonseg.segment`. overwrite: whether a TextGrid that is there already is replaced; otherwise it is left as it is
    (somebody may have corrected it) and the recording is skipped.

    Returns one outcome for each recording, in order. Raises ConfigurationError if two recordings would have the same
    TextGrid or an option is out of range, AudioError if an input does not exist or a folder holds no recording,
    OutputError if the output cannot be written.
    """
    segmenter = model if isinstance(model, Segmenter) else load(model)
    places = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    outcomes = []
    for recording, textgrid in tqdm(plan(places, output), desc="segmenting", unit="file", disable=not progress):
        if textgrid.exists() and not overwrite:
            outcomes.append(Outcome(recording, textgrid, "skipped", f"{textgrid}: is there already."))
            continue
        outcomes.append(_segment_one(segmenter, recording, textgrid, sensitivity, rate, channel))
    return outcomes


def plan(places: Iterable[Place], output: Place | None) -> list[tuple[Path, Path]]:
    """Which recording goes into which TextGrid. Raises as `segment_files` does."""
    planned: list[tuple[Path, Path]] = []
    owners: dict[str, Path] = {}
    for place in map(Path, places):
        found = find_recordings(place)
        if not found:
            raise AudioError(f"{place}: holds no recordings. Give recordings, or folders with recordings in them.")
        root = place if place.is_dir() else place.parent
        for recording in found:
            folder = recording.parent if output is None else Path(output) / recording.parent.relative_to(root)
            textgrid = folder / f"{recording.stem}.TextGrid"
            # Folded, since some file systems do not tell capitals apart.
            other = owners.setdefault(str(textgrid).casefold(), recording)
            if other != recording:
                raise ConfigurationError(
                    f"{recording}: would be written to the same {textgrid} as {other}. Rename one, or run them apart."
                )
            if (recording, textgrid) not in planned[-1:]:
                planned.append((recording, textgrid))
    return planned


def _segment_one(
    segmenter: Segmenter,
    recording: Path,
    textgrid: Path,
    sensitivity: float | None,
    rate: float | None,
    channel: Channel,
) -> Outcome:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", PhonsegWarning)
            segmentation = segmenter.segment(recording, sensitivity=sensitivity, rate=rate, channel=channel)
        _make_folder(textgrid.parent)
        segmentation.to_textgrid(textgrid)
    except (ConfigurationError, OutputError):
        raise  # these would fail for every other recording too
    except PhonsegError as error:
        return Outcome(recording, textgrid, "failed", str(error))
    said = [str(warning.message) for warning in caught if issubclass(warning.category, PhonsegWarning)]
    status: Literal["warned", "done"] = "warned" if said else "done"
    return Outcome(recording, textgrid, status, " ".join(said), len(segmentation.boundaries), segmentation.duration)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}). Choose another output folder.") from error
