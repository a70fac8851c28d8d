"""What is to be done with the files of one recording -> these files, except those that somebody has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from phonseg.batch.large_files import Content, put
from phonseg.batch.records.record import Command, Made
from phonseg.errors import printable
from phonseg.system.atomic_files import ChangedError, as_output_error, check_unchanged, replacing
from phonseg.system.ordinary_files import digest


@dataclass(slots=True)
class Plan:
    """What is to be done with the files of one recording.

    Attributes:
        command: the command that makes them.
        contents: what each file that must be written is to hold; b"" while that is not known.
        found: the SHA-256 of each file that is replaced; None if there is none.
        files: how these files, and those that are up to date, were made.
        reasons: why other files are left alone.
    """

    command: Command
    contents: dict[Path, Content] = field(default_factory=dict)
    found: dict[Path, str | None] = field(default_factory=dict)
    files: dict[Path, Made] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        """What a person should know of the files, each thing once."""
        own = (one for made in self.files.values() for one in made.each if one.command == self.command)
        warnings = [made.warning for made in own if made.warning]
        return printable(" ".join(dict.fromkeys([*warnings, *self.reasons])))

    def leave_alone(self, why: str) -> None:
        """Takes out of the plan all files that were to be written.

        Args:
            why: what is said of each.
        """
        self.reasons += [f"{file}: {why}." for file in self.contents]
        for file in self.contents:
            self.files.pop(file, None)
        self.contents.clear()

    def write(self) -> None:
        """Writes the files. Those that somebody has changed meanwhile are left alone, and taken out of the plan.

        Raises:
            OutputError: if a file cannot be written.
        """
        for file, data in list(self.contents.items()):
            try:
                with replacing(file, partial(check_unchanged, file, self.found[file])) as new:
                    put(data, new)
            except ChangedError as error:
                del self.contents[file]
                with as_output_error(file):
                    found = digest(file)
                if found != self.files[file].sha256:  # another run may have written the same
                    del self.files[file]
                    self.reasons.append(str(error))
