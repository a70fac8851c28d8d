"""A corrected TextGrid and the files beside it -> a message that says what these files hold."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from phonseg.batch.records.record import Made
from phonseg.batch.task import WORDS, Task


def holds_others(
    task: Task, files: Mapping[str, Path], textgrid: Path, found: str | None, known: Sequence[Made]
) -> str:
    """Says of files that phonseg made that they do not hold what stands in the TextGrid beside them.

    Args:
        task: by which the files were made.
        files: suffix -> file.
        textgrid: the TextGrid.
        found: its SHA-256; None if there is none.
        known: how phonseg made it, now or before; none if phonseg did not make it.

    Returns:
        The message, empty if there is no TextGrid, phonseg made it as it is, or it was made by another command.
    """
    if not files or found is None or any(made.sha256 == found for made in known):
        return ""
    own = [one for made in known for one in made.each if one.command == task.command]
    options = task.export_options(files.keys(), own[-1] if own else None)
    if options is None or (known and not own):
        return ""
    command = shlex.join(["phonseg", "export", os.fspath(textgrid), *options, "--overwrite"])
    who = "which was changed after phonseg wrote it" if known else "which phonseg did not write"
    hold = "holds" if len(files) == 1 else "hold"
    return (
        f"{', '.join(map(str, files.values()))}: {hold} the automatic {WORDS[task.command].found}, "
        f"not those of {textgrid}, {who}. {command} writes the corrected ones."
    )
