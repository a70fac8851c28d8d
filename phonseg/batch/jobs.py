"""The recordings of a batch -> jobs: where the files of each recording go, and which recordings are this shard's."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phonseg.audio.find import SUFFIXES, Found
from phonseg.batch.records.manifest import Shard
from phonseg.errors import AudioError, ConfigurationError, OutputError, TextGridError
from phonseg.system.folders import is_name, place_of

Place = str | os.PathLike[str]
TEXTGRID = ".TextGrid"
LEFT_OUT = "is left out"  # in the message about a recording that has another path, too
MOST_SHARDS = 10**9  # the name of a manifest holds the number
MOST_NAMED = 3  # of the recordings that would have the same files, in one message


@dataclass(frozen=True, slots=True)
class Job:
    """One recording of a batch, and where its files go.

    Attributes:
        recording: its path.
        target: the path of its files, without their suffixes.
        files: suffix -> file.
        folder: where the manifest lies; the files lie in this folder or below it.
        place: the path of the recording below its input folder.
        size: bytes of the recording, 0 if it cannot be reached.
        modified: when the recording was changed last, in seconds since 1970, 0 if it cannot be reached.
        into: whether the TextGrid exists already, and only gets tiers added.
        failure: why it cannot be used; empty if nothing is known against it.
        left_out: why nothing need be made of it; empty if something must.
    """

    recording: Path
    target: Path
    files: Mapping[str, Path]
    folder: Path
    place: str
    size: int = 0
    modified: float = 0.0
    into: bool = False
    failure: str = ""
    left_out: str = ""

    def adds_to(self, suffix: str) -> bool:
        """Returns whether a file exists already, and only gets tiers added.

        Args:
            suffix: the suffix of the file, such as ".TextGrid".
        """
        return self.into and suffix == TEXTGRID

    def check_inside(self) -> None:
        """Checks that the files lie in the folder or below it, or beside the recording.

        Raises:
            OutputError: if a link leads them elsewhere.
        """
        beside = self.target.parent == self.recording.parent
        real = Path(os.path.realpath(self.target.parent))
        if not beside and not real.is_relative_to(os.path.realpath(self.folder)):
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
        found: what lies in each input. A recording that lies in several inputs belongs to the first.
        output: the output folder; subfolders of the inputs are kept. None to write beside the recordings.
        shard: which part of the recordings, (i, n) for the i-th of n, counted from 1; None for all.
        suffixes: the suffixes of the files of one recording. If one is that of recordings, what lies in an output
            folder below an input folder is no input, since it was made before.
        into: instead of `output`, a folder of TextGrids that mirrors the inputs, or the TextGrid of the only recording.

    Returns:
        The jobs of the shard, each recording once. Recordings that would have the same files, also as those of another
        shard, or whose files would replace a recording, have a `failure`.

    Raises:
        ConfigurationError: if the shard is out of its range, `output` cannot be the name of a folder, or is or holds an
            input folder although the files are sound files, or `into` is given with `output` or without ".TextGrid"
            among the suffixes.
        TextGridError: if `into` does not exist.
        AudioError: if an input holds no recording.
    """
    i, n = shard or (1, 1)
    if not 1 <= i <= n <= MOST_SHARDS:
        raise ConfigurationError(f"shard is {i}/{n}. Give i/n, with i from 1 to n, and n up to {MOST_SHARDS}.")
    if output is not None and not is_name(output):
        raise ConfigurationError(f"output is {os.fspath(output)!r}. Give the name of a folder.")
    if into is not None:
        _check_into(into, output, suffixes)
    makes_recordings = not set(suffixes).isdisjoint(SUFFIXES)
    if makes_recordings and output is not None:
        found = [_outside(one, output) for one in found]
    jobs: list[Job] = []
    groups: dict[str, list[int]] = {}
    for recording, root in _each_once(found):
        job = _job(recording, root, output, suffixes) if into is None else _job_into(recording, root, into, suffixes)
        # Some file systems ignore case, and how an accented letter is composed.
        groups.setdefault(unicodedata.normalize("NFC", place_of(job.target)).lower(), []).append(len(jobs))
        jobs.append(job)
    for places in (places for places in groups.values() if len(places) > 1):
        for place, job in zip(places, _of_same_files([jobs[place] for place in places]), strict=True):
            jobs[place] = job
    if makes_recordings:
        jobs = _sparing_recordings(jobs)
    return [job for job in jobs if _shard(job.place, n) == i]


def _of_same_files(group: Sequence[Job]) -> list[Job]:
    """These jobs, each of which says that it cannot be done, or that it is the first one under another name."""
    first, *others = group
    if len({os.path.realpath(job.recording) for job in group}) == 1:
        same = f"{LEFT_OUT}, since it is the same recording as {first.recording}."
        return [first, *(replace(job, left_out=f"{job.recording}: {same}") for job in others)]
    names = [str(job.recording) for job in group]
    jobs = []
    for i, job in enumerate(group):
        clashing = [*names[:i], *names[i + 1 :]]
        more = f" and {len(clashing) - MOST_NAMED} more" if len(clashing) > MOST_NAMED else ""
        same = f"{next(iter(job.files.values()))}, as {', '.join(clashing[:MOST_NAMED])}{more} would"
        advice = "Rename one of them, or give them different folders."
        jobs.append(replace(job, failure=f"{job.recording}: would be written to {same}. {advice}"))
    return jobs


def _outside(one: Found, output: Place) -> Found:
    """What was found, without the recordings in an output folder that lies below the input folder."""
    inside, root = os.path.realpath(output), Path(os.path.realpath(one.root))
    if root.is_relative_to(inside):
        if os.path.isdir(one.place):
            what = "is an input folder" if root == Path(inside) else f"holds the input folder {one.place}"
            problem = f"{what}, and what is made would lie among the recordings"
            raise ConfigurationError(f"{os.fspath(output)}: {problem}. Choose another output folder.")
        return one
    kept = (path for path in one.recordings if not Path(os.path.realpath(path)).is_relative_to(inside))
    return replace(one, recordings=tuple(kept))


def _sparing_recordings(jobs: Sequence[Job]) -> list[Job]:
    """These jobs; one whose files would replace a recording says that it cannot be done."""
    recordings = {os.path.realpath(job.recording) for job in jobs}
    spared = []
    for job in jobs:
        taken = next((file for file in job.files.values() if os.path.realpath(file) in recordings), None)
        if taken and not job.failure:
            same = (
                f"would be written to {taken}, which is a recording and stays as it is. Choose another output folder."
            )
            job = replace(job, failure=f"{job.recording}: {same}")
        spared.append(job)
    return spared


def stem_of(path: Path) -> str:
    """Returns a file's name without the suffix; the whole name if nothing but dots would be left.

    Args:
        path: of the file.
    """
    return path.stem if path.stem.strip(".") else path.name


def no_recordings(found: Found) -> str:
    """Returns the message about an input without recordings.

    Args:
        found: what lies in it.
    """
    return f"{found.place}: holds no recordings. Give recordings, or folders with recordings in them."


def _check_into(into: Place, output: Place | None, suffixes: Sequence[str]) -> None:
    if output is not None or TEXTGRID not in suffixes:
        raise ConfigurationError("into: replaces an output folder, and is for TextGrids. Leave one of them out.")
    if not os.path.exists(into):
        raise TextGridError(f"{into}: there is no such TextGrid or folder. Give one that exists.")


def _each_once(found: Iterable[Found]) -> Iterator[tuple[Path, Path]]:
    """Every recording once, with the folder that its place is counted from."""
    known: set[str] = set()
    for one in found:
        if not one.recordings:
            raise AudioError(no_recordings(one))
        for recording in one.recordings:
            if (place := place_of(recording)) not in known:  # a recording may be given twice: in a folder and by itself
                known.add(place)
                yield recording, one.root


def _job(recording: Path, root: Path, output: Place | None, suffixes: Iterable[str]) -> Job:
    place = recording.relative_to(root)
    folder = root if output is None else Path(output)
    target = folder / place.with_name(stem_of(recording))
    job = Job(recording, target, _files(target, suffixes), folder, place.as_posix())
    try:
        state = os.stat(recording)
    except OSError:  # such as a link that leads nowhere; reading it fails too, and says why
        return job
    return replace(job, size=state.st_size, modified=state.st_mtime)


def _job_into(recording: Path, root: Path, into: Place, suffixes: Sequence[str]) -> Job:
    """A job that adds tiers to the TextGrid `into`, or to the one of the recording's name in the folder `into`."""
    job = _job(recording, root, into, suffixes)
    if os.path.isdir(into):
        variants = _files(job.target, (TEXTGRID, TEXTGRID.lower(), TEXTGRID.upper())).values()
        textgrid = next(filter(os.path.exists, variants), job.files[TEXTGRID])
    else:
        textgrid = Path(into)
        target = textgrid.with_name(stem_of(textgrid))
        job = replace(job, target=target, files=_files(target, suffixes), folder=textgrid.parent)
    return replace(job, files={**job.files, TEXTGRID: textgrid}, into=True)


def _files(target: Path, suffixes: Iterable[str]) -> dict[str, Path]:
    return {suffix: target.with_name(target.name + suffix) for suffix in suffixes}


def _shard(place: str, n: int) -> int:
    """Which of n shards, counted from 1, a recording belongs to; this depends on its place alone."""
    return 1 + int.from_bytes(hashlib.sha256(os.fsencode(place)).digest()[:8]) % n
