"""Which recordings a batch has, where the files of each go, and which of them are this shard's."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phonseg.audio.find import Found
from phonseg.batch.manifest import Shard
from phonseg.errors import AudioError, ConfigurationError, OutputError, TextGridError
from phonseg.system.folders import place_of

Place = str | os.PathLike[str]
TEXTGRID = ".TextGrid"


@dataclass(frozen=True, slots=True)
class Job:
    """A recording of a batch.

    target: where its files lie, without their suffixes. files: suffix -> file. folder: where the manifest stands; the
    files lie in or below it. place: the path of the recording below its input. size, modified: bytes, and the time of
    change (seconds since 1970); 0 where the recording is out of reach. into: whether the TextGrid is there, and only
    gets tiers added.
    """

    recording: Path
    target: Path
    files: Mapping[str, Path]
    folder: Path
    place: str
    size: int
    modified: float
    into: bool = False

    def adds_to(self, suffix: str) -> bool:
        """Whether the file with that suffix is there, and only gets tiers added."""
        return self.into and suffix == TEXTGRID

    def check_inside(self) -> None:
        """Raises OutputError where a link leads the files out of the folder."""
        if self.target.parent == self.recording.parent:  # beside the recording, wherever that is
            return
        real, folder = os.path.realpath(self.target.parent), os.path.realpath(self.folder)
        if os.path.commonpath([real, folder]) != folder:
            raise OutputError(
                f"{next(iter(self.files.values()))}: would be written outside {self.folder}, since a link leads to "
                f"{real}. Remove the link, or choose another output folder."
            )


def plan_jobs(
    found: Iterable[Found],
    output: Place | None,
    shard: Shard | None = None,
    *,
    suffixes: Sequence[str] = (TEXTGRID,),
    into: Place | None = None,
) -> list[Job]:
    """Plans where the files of each recording go.

    Args:
        found: the places of the batch, searched. A recording that lies in several counts in the first.
        output: the folder below which the files lie as the recordings lie below their places; None for beside them.
        shard: which part of the recordings, (i, n) for the i-th of n; None for all.
        suffixes: one for each file of a recording.
        into: instead of `output`, a folder with TextGrids in which they lie like that, or the TextGrid of the only
            recording.

    Returns:
        The jobs of the shard, each recording once.

    Raises:
        ConfigurationError: if two recordings, of whatever shard, would have the same files, if there is no such shard,
            or if `into` does not fit.
        TextGridError: if `into` does not exist.
        AudioError: if a folder holds no recording.
    """
    i, n = shard or (1, 1)
    if not 1 <= i <= n:
        raise ConfigurationError(f"shard is {i}/{n}. Give i/n, with i from 1 to n.")
    if into is not None and (output is not None or TEXTGRID not in suffixes):
        raise ConfigurationError(
            "into: stands instead of an output folder, and is for TextGrids. Leave one of them out."
        )
    alone = None if into is None or os.path.isdir(into) else Path(into)
    if alone is not None and not alone.exists():
        raise TextGridError(f"{alone}: there is no such TextGrid, and no such folder. Give what tiers are added to.")
    common = into if alone is None and into is not None else output
    planned: dict[str, Job] = {}
    places: set[str] = set()
    for place in found:
        if not place.recordings:
            raise AudioError(
                f"{place.place}: holds no recordings. Give recordings, or folders with recordings in them."
            )
        for recording in place.recordings:
            if (where := place_of(recording)) in places:  # given before, as in a folder and by itself
                continue
            places.add(where)
            new = _job(recording, place.root, place.root if common is None else Path(common), suffixes)
            if into is not None:
                new = _into(new, alone)
            # Some file systems tell neither capitals apart nor ways of writing an accent.
            key = unicodedata.normalize("NFC", str(new.target)).casefold()
            other = planned.setdefault(key, new)
            if other is not new and os.path.realpath(other.recording) != os.path.realpath(recording):
                raise ConfigurationError(
                    f"{recording}: would be written to the same {next(iter(new.files.values()))} as {other.recording}. "
                    "Rename one, or run them apart."
                )
    return [item for item in planned.values() if _shard(item.place, n) == i]


def _job(recording: Path, root: Path, folder: Path, suffixes: Sequence[str]) -> Job:
    place = recording.relative_to(root)
    target = folder / place.with_name(recording.stem)
    files = _files(target, suffixes)
    try:
        state = os.stat(recording)
    except OSError:  # such as a link that leads nowhere; to read it will fail too, and say why
        return Job(recording, target, files, folder, place.as_posix(), 0, 0.0)
    return Job(recording, target, files, folder, place.as_posix(), state.st_size, state.st_mtime)


def _files(target: Path, suffixes: Iterable[str]) -> dict[str, Path]:
    return {suffix: target.with_name(target.name + suffix) for suffix in suffixes}


def _into(item: Job, alone: Path | None) -> Job:
    """The same with tiers added to a TextGrid: `alone`, or the one of that name, its suffix in capitals or not."""
    if alone is not None:
        files = {**_files(alone.with_suffix(""), item.files), TEXTGRID: alone}
        return replace(item, target=alone.with_suffix(""), files=files, folder=alone.parent, into=True)
    capitals = _files(item.target, (TEXTGRID, TEXTGRID.lower(), TEXTGRID.upper())).values()
    textgrid = next((path for path in capitals if path.exists()), item.files[TEXTGRID])
    return replace(item, files={**item.files, TEXTGRID: textgrid}, into=True)


def _shard(place: str, n: int) -> int:
    """To which of n shards, counted from 1, a recording belongs; it depends on nothing else."""
    return 1 + int.from_bytes(hashlib.sha256(os.fsencode(place)).digest()[:8]) % n
