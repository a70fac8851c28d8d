"""Label files, such as corrected TextGrids -> the same segmentations as CSV, CTM, JSON and so on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from phonseg.annotation.readers import read_reference
from phonseg.annotation.writers import Layout
from phonseg.audio.find import Places
from phonseg.errors import OutputError, PhonsegError, TextGridError
from phonseg.system.atomic_files import make_folder, replacing
from phonseg.system.folders import place_of, walk

SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".aiff", ".WAV")


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of one label file.

    Attributes:
        source: the label file.
        files: those that were written; none if it failed.
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
    tier: str = "phones",
    overwrite: bool = False,
) -> list[Exported]:
    """Writes label files in other formats; one that cannot be read stops no other.

    Args:
        inputs: label files of any kind that `phonseg.read_reference` reads; and folders, in which TextGrids are looked
            for, also in the folders inside them.
        output: the folder in which the tree below each input folder is mirrored; None to write beside the label files.
        formats: one or more of textgrid, csv, json, ctm, audacity and elan.
        tier: the interval tier that is read, and its name in TextGrids and ELAN files.
        overwrite: whether files that are there already are replaced. A label file that is read is never replaced.

    Returns:
        One report for each label file, in order.

    Raises:
        ConfigurationError: if there is no such format, or a format needs a package that is missing.
        TextGridError: if an input does not exist or a folder holds no TextGrid.
    """
    layout = Layout(tuple(formats), tier=tier)
    sources = list(_sources(inputs, None if output is None else Path(output)))
    read = {place_of(source) for source, _ in sources}
    return [_exported(source, target, layout, overwrite, read) for source, target in sources]


def _sources(inputs: Places, output: Path | None) -> Iterator[tuple[Path, Path]]:
    """Each label file once, and where its files lie, without their suffixes."""
    known: set[str] = set()
    for place in map(Path, [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs):
        if not place.exists():
            raise TextGridError(f"{place}: does not exist. Check the spelling and the folder.")
        found, root = [place], place.parent
        if place.is_dir():
            found, root = [path for path in walk([place]).files if path.suffix.lower() == ".textgrid"], place
        if not found:
            raise TextGridError(f"{place}: holds no TextGrids. Give label files, or folders with TextGrids in them.")
        for source in found:
            if place_of(source) not in known:
                known.add(place_of(source))
                yield source, (output or root) / source.relative_to(root).with_suffix("")


def _exported(source: Path, target: Path, layout: Layout, overwrite: bool, read: set[str]) -> Exported:
    try:
        segmentation = replace(read_reference(source, tier=layout.tier), recording=_recording_beside(source))
        encoded = layout.encode(segmentation, source)
        contents = {target.with_name(target.name + suffix): data for suffix, data in encoded.items()}
        for file in contents:
            if place_of(file) in read or (file.exists() and not overwrite):
                raise OutputError(f"{file}: is there already. Choose another folder, or --overwrite.")
        make_folder(target.parent)
        for file, data in contents.items():
            with replacing(file) as partial:
                partial.write_bytes(data)
    except PhonsegError as error:
        return Exported(source, (), str(error))
    return Exported(source, tuple(contents))


def _recording_beside(source: Path) -> Path | None:
    """The recording of the same name in the same folder, which CSV names and ELAN plays."""
    return next((path for suffix in SOUNDS if (path := source.with_suffix(suffix)).is_file()), None)
