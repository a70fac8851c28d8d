"""Label files, such as corrected TextGrids -> the same segmentations as CSV, CTM, JSON and so on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from phonseg.annotation.readers import read_reference
from phonseg.annotation.writers import Layout
from phonseg.audio.find import SUFFIXES, Places
from phonseg.errors import OutputError, PhonsegError, TextGridError
from phonseg.system.atomic_files import make_folder, replacing
from phonseg.system.folders import place_of, walk


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
    tier: str = "phones",
    overwrite: bool = False,
) -> list[Exported]:
    """Writes label files in other formats; if one cannot be read, the others are still written.

    Args:
        inputs: label files of any kind that `phonseg.read_reference` reads; and folders, in which all TextGrids are
            read, also in the folders inside them.
        output: the output folder; subfolders of the inputs are kept. None to write beside the label files.
        formats: one or more of textgrid, csv, json, ctm, audacity and elan. CSV and JSON name the recording that lies
            beside a label file, or, without one, the label file without its suffix.
        tier: the interval tier that is read, and its name in TextGrids and ELAN files.
        overwrite: whether existing files are replaced. Label files that are read, and files that this call has written
            for another label file, are never replaced.

    Returns:
        One report for each label file, and for each folder that cannot be listed, in order.

    Raises:
        ConfigurationError: if a format does not exist, or needs a package that is missing.
        TextGridError: if an input does not exist or a folder holds no TextGrid.
    """
    layout = Layout(tuple(formats), tier=tier)
    sources = list(_sources(inputs, None if output is None else Path(output)))
    protected = {_identity(source) for source, _ in sources}
    return [_exported(source, target, layout, overwrite, protected) for source, target in sources]


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
                yield source, (output or root) / source.relative_to(root).parent / source.stem


def _exported(
    source: Path, target: Path, layout: Layout, overwrite: bool, protected: set[tuple[int, int] | None]
) -> Exported:
    """Writes the files of one label file; they become protected too."""
    written: list[Path] = []
    try:
        if os.path.isdir(source):
            raise TextGridError(f"{source}: is a folder that cannot be listed. Change its permissions.")
        encoded = _encoded(source, layout)
        contents = {target.with_name(target.name + suffix): data for suffix, data in encoded.items()}
        for file in contents:
            if (there := _identity(file)) and (there in protected or not overwrite):
                advice = "Choose another folder" + ("." if there in protected else ", or --overwrite.")
                raise OutputError(f"{file}: is there already. {advice}")
        make_folder(target.parent)
        for file, data in contents.items():
            with replacing(file) as partial:
                partial.write_bytes(data)
            written.append(file)
            protected.add(_identity(file))
    except PhonsegError as error:
        return Exported(source, tuple(written), str(error))
    return Exported(source, tuple(written))


def _encoded(source: Path, layout: Layout) -> dict[str, bytes]:
    """The content of the file in each format, by suffix."""
    segmentation = read_reference(source, tier=layout.tier)
    beside = map(source.with_suffix, (*SUFFIXES, *map(str.upper, SUFFIXES)))
    recording = next(filter(os.path.isfile, beside), None)
    encoded: dict[str, bytes] = {}
    for name in layout.formats:
        named = recording or (source.stem if name in ("csv", "json") else None)  # ELAN would link what is not there
        encoded |= replace(layout, formats=(name,)).encode(replace(segmentation, recording=named), source)
    return encoded


def _identity(file: Path) -> tuple[int, int] | None:
    """The same for all names of a file, such as a.TextGrid and a.textgrid on some disks; None if it does not exist."""
    try:
        state = os.lstat(file)
    except OSError:
        return None
    return state.st_dev, state.st_ino
