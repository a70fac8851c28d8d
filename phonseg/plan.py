"""Which recordings a batch has, where the TextGrid of each goes, and which of them are this shard's."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from phonseg.audio import find_recordings
from phonseg.errors import AudioError, ConfigurationError, OutputError
from phonseg.folders import place_of
from phonseg.manifest import Shard

Place = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Planned:
    """A recording of a batch.

    folder: where the manifest stands; the TextGrid lies in or below it. place: the path of the recording below its
    input. size, modified: bytes, and the time of change (seconds since 1970); 0 where the recording is out of reach.
    """

    recording: Path
    textgrid: Path
    folder: Path
    place: str
    size: int
    modified: float

    def check_inside(self) -> None:
        """Raises OutputError where a link leads the TextGrid out of the folder."""
        if self.textgrid.parent == self.recording.parent:  # beside the recording, wherever that is
            return
        real, folder = os.path.realpath(self.textgrid.parent), os.path.realpath(self.folder)
        if os.path.commonpath([real, folder]) != folder:
            raise OutputError(
                f"{self.textgrid}: would be written outside {self.folder}, since a link leads to {real}. "
                "Remove the link, or choose another output folder."
            )


def plan(inputs: Place | Iterable[Place], output: Place | None, shard: Shard | None = None) -> list[Planned]:
    """The recordings of a shard (None: all), each once, as the first of the inputs that holds it does.

    Their TextGrids lie below `output` as they themselves lie below their inputs, or beside them if `output` is None.

    Raises ConfigurationError if two recordings, of whatever shard, would have the same TextGrid, or if there is no such
    shard; AudioError if an input does not exist or a folder holds no recording.
    """
    i, n = shard or (1, 1)
    if not 1 <= i <= n:
        raise ConfigurationError(f"shard is {i}/{n}. Give i/n, with i from 1 to n.")
    planned: dict[str, Planned] = {}
    places: set[str] = set()
    for place in map(Path, [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs):
        found = find_recordings(place)
        if not found:
            raise AudioError(f"{place}: holds no recordings. Give recordings, or folders with recordings in them.")
        root = place if place.is_dir() else place.parent
        for recording in found:
            if (where := place_of(recording)) in places:  # given before, as in a folder and by itself
                continue
            places.add(where)
            new = _planned(recording, root, root if output is None else Path(output))
            # Some file systems tell neither capitals apart nor ways of writing an accent.
            key = unicodedata.normalize("NFC", str(new.textgrid)).casefold()
            other = planned.setdefault(key, new)
            if other is not new and os.path.realpath(other.recording) != os.path.realpath(recording):
                raise ConfigurationError(
                    f"{recording}: would be written to the same {new.textgrid} as {other.recording}. "
                    "Rename one, or run them apart."
                )
    return [item for item in planned.values() if _shard(item.place, n) == i]


def _planned(recording: Path, root: Path, folder: Path) -> Planned:
    place = recording.relative_to(root)
    textgrid = folder / place.with_name(f"{recording.stem}.TextGrid")
    try:
        state = os.stat(recording)
    except OSError:  # such as a link that leads nowhere; to read it will fail too, and say why
        return Planned(recording, textgrid, folder, place.as_posix(), 0, 0.0)
    return Planned(recording, textgrid, folder, place.as_posix(), state.st_size, state.st_mtime)


def _shard(place: str, n: int) -> int:
    """To which of n shards, counted from 1, a recording belongs; it depends on nothing else."""
    return 1 + int.from_bytes(hashlib.sha256(os.fsencode(place)).digest()[:8]) % n
