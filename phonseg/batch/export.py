"""Label files, such as corrected TextGrids -> the same segments or turns as CSV, CTM, RTTM and so on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from phonseg.annotation.readers import read_label_file
from phonseg.annotation.tier_choice import NoSuchTierError
from phonseg.annotation.turns.readers import read_turns
from phonseg.annotation.turns.writers import TurnLayout
from phonseg.annotation.writers import Layout
from phonseg.audio.find import SUFFIXES, Places
from phonseg.batch.jobs import stem_of
from phonseg.errors import ConfigurationError, OutputError, PhonsegError, TextGridError, printable
from phonseg.system.atomic_files import as_output_error, check_unchanged, is_full, make_folder, replacing
from phonseg.system.folders import is_name, place_of, walk
from phonseg.system.ordinary_files import digest

PHONES = "phones"  # the tier that is read if none is named

Encode = Callable[[Path], dict[str, bytes]]  # label file -> the content of the file in each format, by suffix
Protected = dict[tuple[int, int] | None, str]  # the identity of a file that must stay -> what to say of it


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of one label file.

    Attributes:
        source: the label file.
        files: the files that were written.
        message: why it failed, or nothing.
    """

    source: Path
    files: tuple[Path, ...]
    message: str = ""


def export(
    inputs: Places,
    output: str | os.PathLike[str] | None = None,
    *,
    formats: Iterable[str] = ("csv",),
    tier: str = PHONES,
    turns: bool = False,
    speaker_tiers: Sequence[str | int] | None = None,
    sample_rate: int = 16_000,
    overwrite: bool = False,
) -> list[Exported]:
    """Writes label files in other formats; if one cannot be read, the others are still written.

    Args:
        inputs: label files of any kind that `phonseg.read_reference` reads, or `phonseg.read_turns` for turns; and
            folders, in which all TextGrids are read, also in the folders inside them.
        output: the output folder; subfolders of the inputs are kept. None to write beside the label files.
        formats: one or more of textgrid, csv, json, ctm, audacity and elan; for turns, of textgrid, rttm, csv and json.
            CSV and JSON name the recording that lies beside a label file, or, without one, the label file without its
            suffix.
        tier: the interval tier that is read; its name is kept in TextGrids and ELAN files. It has no effect on turns.
        turns: whether the turns of speakers are read and written, in place of segments; they are in any case if RTTM is
            read or written, or `speaker_tiers` are given.
        speaker_tiers: for turns, names or numbers of the tiers of speakers; None for those that `phonseg.read_turns`
            takes for such tiers.
        sample_rate: samples per second in `.phn` files.
        overwrite: whether existing files are replaced. Label files that are read, and files that this call has written
            for another label file, are never replaced.

    Returns:
        One report for each label file, and for each folder that cannot be listed, in order.

    Raises:
        ConfigurationError: if a format does not exist, or not for turns, or needs a package that is missing.
        TextGridError: if an input does not exist or a folder holds no TextGrid.
        OutputError: if the output folder cannot be made, or the disk is full.
    """
    formats = tuple(formats)
    encode: Encode
    if turns or speaker_tiers is not None or "rttm" in formats or _is_rttm(inputs):
        encode = partial(_encoded_turns, layout=TurnLayout(formats), tiers=speaker_tiers)
    else:
        encode = partial(_encoded, layout=Layout(formats, tier=tier), sample_rate=sample_rate)
    if output is not None and not is_name(output):
        raise ConfigurationError(f"output is {os.fspath(output)!r}. Give the name of a folder.")
    sources = list(_sources(inputs, None if output is None else Path(output)))
    if output is not None:
        make_folder(Path(output))
    protected: Protected = {_identity(source): "" for source, _ in sources}
    return [_exported(source, target, encode, overwrite, protected) for source, target in sources]


def _is_rttm(inputs: Places) -> bool:
    """Whether one of the inputs is an RTTM file, which holds nothing but turns."""
    places = [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs
    return any(Path(place).suffix.lower() == ".rttm" for place in places)


def _sources(inputs: Places, output: Path | None) -> Iterator[tuple[Path, Path]]:
    """Each label file once, and the path of its new files, without their suffixes."""
    known: set[str] = set()
    for place in map(Path, [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs):
        if not os.path.exists(place):
            raise TextGridError(f"{place}: does not exist. Check the spelling and the folder.")
        sources, root = [place], place.parent
        if os.path.isdir(place):
            tree, root = walk([place]), place
            sources = [*(path for path in tree.files if path.suffix.lower() == ".textgrid"), *tree.unlisted]
        if not sources:
            raise TextGridError(f"{place}: holds no TextGrids. Give label files, or folders with TextGrids in them.")
        for source in sources:
            if place_of(source) not in known:
                known.add(place_of(source))
                yield source, (output or root) / source.relative_to(root).parent / stem_of(source)


def _exported(source: Path, target: Path, encode: Encode, overwrite: bool, protected: Protected) -> Exported:
    """Writes the files of one label file; they become protected too."""
    written: list[Path] = []
    try:
        if os.path.isdir(source):
            raise TextGridError(f"{source}: is a folder that cannot be listed. Change its permissions.")
        encoded = encode(source)
        contents = {target.with_name(target.name + suffix): data for suffix, data in encoded.items()}
        found = {file: _found(file, overwrite, protected) for file in contents}
        make_folder(target.parent)
        for file, data in contents.items():
            with replacing(file, partial(check_unchanged, file, found[file])) as new:
                new.write_bytes(data)
            written.append(file)
            protected[_identity(file)] = f", with what {source} holds"
    except Exception as error:
        if isinstance(error, PhonsegError) and is_full(error):
            raise
        if isinstance(error, PhonsegError):
            return Exported(source, tuple(written), str(error))
        message = f"{source}: cannot be exported ({error!r}). This is a mistake of phonseg's: report it."
        return Exported(source, tuple(written), printable(message))
    return Exported(source, tuple(written))


def _found(file: Path, overwrite: bool, protected: Protected) -> str | None:
    """The SHA-256 of a file that may be replaced; None if there is none."""
    there = _identity(file)
    if there and there in protected:
        raise OutputError(f"{file}: is there already{protected[there]}. Choose another folder.")
    if there and not overwrite:
        raise OutputError(f"{file}: is there already. Choose another folder, or --overwrite.")
    with as_output_error(file):
        return digest(file)


def _encoded(source: Path, layout: Layout, sample_rate: int) -> dict[str, bytes]:
    """The content of the file in each format, by suffix."""
    try:
        read = read_label_file(source, tier=layout.tier, sample_rate=sample_rate)
    except NoSuchTierError as error:
        if layout.tier != PHONES:
            raise
        raise NoSuchTierError(f"{error} If these are tiers of speakers, give --turns.") from None
    encoded: dict[str, bytes] = {}
    for name, recording in _recordings(source, layout.formats):
        how = replace(layout, formats=(name,), tier=read.tier or layout.tier)  # it may have been given by its number
        encoded |= how.encode(replace(read.segmentation, recording=recording), source)
    return encoded


def _encoded_turns(source: Path, layout: TurnLayout, tiers: Sequence[str | int] | None) -> dict[str, bytes]:
    """The content of the file of turns in each format, by suffix."""
    read = read_turns(source, tiers=tiers)
    encoded: dict[str, bytes] = {}
    for name, recording in _recordings(source, layout.formats):
        encoded |= replace(layout, formats=(name,)).encode(replace(read, recording=recording, name=""), source)
    return encoded


def _recordings(source: Path, formats: Iterable[str]) -> Iterator[tuple[str, Path | str | None]]:
    """Each format, and the recording that is named in it."""
    beside = map(source.with_suffix, (*SUFFIXES, *map(str.upper, SUFFIXES)))
    recording = next(filter(os.path.isfile, beside), None)
    for name in formats:
        yield name, recording or (stem_of(source) if name in ("csv", "json") else None)  # ELAN would link nothing


def _identity(file: Path) -> tuple[int, int] | None:
    """The same for all names of a file, such as a.TextGrid and a.textgrid on some disks; None if it does not exist."""
    try:
        state = os.lstat(file)
    except OSError:
        return None
    return state.st_dev, state.st_ino
