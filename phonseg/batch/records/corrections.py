"""A corrected TextGrid and the files beside it -> a message that says which boundaries these files hold."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from phonseg.annotation.writers import FORMATS, Layout, tier_names
from phonseg.batch.records.record import Made


def holds_others(files: Mapping[str, Path], textgrid: Path, found: str | None, known: Sequence[Made], tier: str) -> str:
    """Says of files that phonseg made that they do not hold the boundaries of the TextGrid beside them.

    Args:
        files: suffix -> file.
        textgrid: the TextGrid.
        found: its SHA-256; None if there is none.
        known: how phonseg made it, now or before; none if phonseg did not make it.
        tier: the name of the tier that is read, if phonseg did not make it.

    Returns:
        The message, empty if there is no TextGrid or phonseg made it as it is.
    """
    if not files or found is None or any(made.sha256 == found for made in known):
        return ""
    who = "which was changed after phonseg wrote it" if known else "which phonseg did not write"
    hold = "holds" if len(files) == 1 else "hold"
    names = [name for name, one in FORMATS.items() if one.suffix in files]
    tier = tier_names(known[-1].provenance.settings)[0] if known else tier
    command = ["phonseg", "export", os.fspath(textgrid)]
    command += ["--format", ",".join(names)] if names != ["csv"] else []
    command += ["--tier", tier] if tier != Layout().tier else []
    return (
        f"{', '.join(map(str, files.values()))}: {hold} the automatic boundaries, not those of {textgrid}, {who}. "
        f"{shlex.join([*command, '--overwrite'])} writes the corrected ones."
    )
