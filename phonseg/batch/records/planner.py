"""The files of a recording, and what was recorded of them -> which are written, and which are left alone, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from phonseg.annotation.encodings import read_bytes
from phonseg.annotation.textgrid.add_tiers import add_tiers, existing_tiers
from phonseg.batch.jobs import TEXTGRID, Job
from phonseg.batch.large_files import Content, LargeFile, sha256_of
from phonseg.batch.records.corrections import holds_others
from phonseg.batch.records.file_plan import Plan
from phonseg.batch.records.known_files import KnownFiles, is_current, other_recording
from phonseg.batch.records.record import Command, Made
from phonseg.batch.task import WORDS, Task, WorkerResult
from phonseg.errors import TextGridError
from phonseg.system.atomic_files import as_output_error
from phonseg.system.ordinary_files import digest, sha256
from phonseg.timeline.provenance import Provenance

LEFT_ALONE = "is left alone"  # in the message of every record of such a file


@dataclass(frozen=True, slots=True)
class _Existing:
    """A file as it is now. base: what it holds, if tiers are added to it. made: how phonseg made it, if it did."""

    file: Path
    adds: bool
    base: bytes
    sha256: str | None
    made: Made | None

    def made_by(self, command: str) -> list[Made]:
        return [one for one in self.made.each if one.command == command] if self.made else []


class Planner:
    """Decides what is done with the files of recordings.

    Args:
        task: what is made of them.
        known: how phonseg made the files of the batch before.
        overwrite: whether everything is made again, also what phonseg did not make.
    """

    def __init__(self, task: Task, known: KnownFiles, overwrite: bool) -> None:
        self._task, self._known, self._overwrite = task, known, overwrite
        self._found = WORDS[task.command].found

    def plan(self, job: Job, provenance: Provenance, result: WorkerResult | None) -> Plan:
        """Compares the files of a recording with what was recorded of them.

        Args:
            job: the recording.
            provenance: the provenance of files that would be made now.
            result: what the files are to hold; None if that is not known yet.

        Returns:
            The plan; which is incomplete without a result, if anything must be written.

        Raises:
            PhonsegError: if a file cannot be read, or is none to which tiers can be added.
        """
        plan, left = Plan(self._task.command), list[Path]()
        for suffix, file in job.files.items():
            new = result.files[suffix] if result else None
            now = self._existing(job, suffix, new, provenance)
            current = now.made is not None and self._is_current(now.made, job, provenance)
            reason = self._taken_tier(now) if now.adds else self._not_ours(now, new) or self._others(now, job, current)
            if reason:
                plan.reasons.append(f"{file}: {reason}")
                left.append(file)
            elif now.made and current and not self._overwrite:
                plan.files[file] = now.made
            elif result is None or new is None:
                plan.contents[file] = b""
            else:
                plan.contents[file], plan.files[file] = self._made(now, new, job, result)
                plan.found[file] = now.sha256
        if plan.contents and self._task.belong_together:
            self._keep_together(plan, left, job, provenance)
        return plan

    def _keep_together(self, plan: Plan, left: list[Path], job: Job, provenance: Provenance) -> None:
        """Writes nothing beside a file that stays as it is and was made with other settings; if it must, says so."""
        suffixes = (suffix for suffix in self._task.belong_together if suffix not in job.files)
        beside = (job.target.with_name(job.target.name + suffix) for suffix in suffixes)
        command = self._task.command
        others = [file for file in beside if any(one.command == command for one in self._before(file))]
        others = list(filter(os.path.lexists, others))
        stay = [file for file in (*left, *others) if not self._was_current(file, job, provenance)]
        for file in stay:
            if file in others:
                who = f"was made with other settings, and is in no format that is wanted now, so it {LEFT_ALONE}"
                plan.reasons.append(f"{file}: {who}. Add its format, or choose another folder.")
        if stay and not self._overwrite:
            plan.leave_alone("belongs to it, so it is not written either")

    def not_corrected(self, job: Job, plan: Plan) -> list[str]:
        """Says of files that they do not hold what stands in the TextGrid beside them, which a person has changed.

        Args:
            job: the recording.
            plan: what was done with its files.

        Returns:
            A message, or none.
        """
        textgrid = job.files.get(TEXTGRID) or job.target.with_name(job.target.name + TEXTGRID)
        if textgrid in plan.files or (TEXTGRID not in job.files and not self._known.of(textgrid)):
            return []
        with as_output_error(textgrid):
            found = digest(textgrid)
        files = {suffix: file for suffix, file in job.files.items() if file in plan.files}
        message = holds_others(self._task, files, textgrid, found, self._known.of(textgrid, found))
        return [message] if message else []

    def _is_current(self, made: Made, job: Job, provenance: Provenance) -> bool:
        own = (one for one in made.each if one.command == self._task.command)
        return any(is_current(one, job, provenance) for one in own)

    def _was_current(self, file: Path, job: Job, provenance: Provenance) -> bool:
        """Whether a file, when it was made last, was made as it would be now; a person may have changed it since."""
        return any(self._is_current(made, job, provenance) for made in self._known.of(file)[-1:])

    def _existing(self, job: Job, suffix: str, new: Content | None, provenance: Provenance) -> _Existing:
        file, adds = job.files[suffix], job.adds_to(suffix)
        base = read_bytes(file) if adds and os.path.exists(file) else b""
        with as_output_error(file):
            found = sha256(base) if base else digest(file)
        made = self._known.how_made(file, found, new, lambda made: self._is_current(made, job, provenance))
        return _Existing(file, adds, base, found, made)

    def _not_ours(self, now: _Existing, new: Content | None) -> str:
        """Why a file is left alone that phonseg did not make as it is; empty if it did, or the file may be replaced."""
        same = new is not None and now.sha256 == sha256_of(new)
        if self._overwrite or now.sha256 is None or (now.made and now.made.whole) or same:
            return ""
        before = self._before(now.file)
        own = any(one.command == self._task.command for one in before)
        who = "was changed after phonseg wrote it" if before else "is there already, and phonseg did not write it"
        who = "holds what phonseg did not write" if now.made else who  # phonseg has only added tiers
        into = "" if own or not self._can_add(now) else f"; or add the {self._found} to it with --into"
        return f"{who}, so it {LEFT_ALONE}. It is replaced only with --overwrite{into}."

    def _others(self, now: _Existing, job: Job, current: bool) -> str:
        """Why a file is left alone that phonseg made of another recording, or with another command."""
        if self._overwrite or not now.made:
            return ""
        own = now.made_by(self._task.command)
        others = [one.command for one in now.made.each if one.command != self._task.command]
        if others and not current:
            words = WORDS[others[0]]
            holds = f"{'also holds' if own else 'holds'} the {words.found} that phonseg {others[0]} {words.verb}"
            into = (
                f", or add the {self._found} to it with --into" if self._can_add(now) and others[0] != "tempo" else ""
            )
            return f"{holds}, so it {LEFT_ALONE}. Choose another folder{into}."
        if other := other_recording(own[0], job.recording):
            return f"holds the {self._found} of {other}, so it {LEFT_ALONE}. Choose another folder."
        return ""

    def _can_add(self, now: _Existing) -> bool:
        return self._task.adds_tiers and now.file.suffix == TEXTGRID

    def _taken_tier(self, now: _Existing) -> str:
        """Why no tiers are added to a TextGrid; empty if none of their names is taken, or these may be replaced."""
        if not os.path.exists(now.file):
            raise TextGridError(f"{now.file}: there is no such TextGrid. Give -o to write a new one.")
        existing = existing_tiers(now.base, now.file)
        if self._overwrite:
            return ""
        own = _names(now.made_by(self._task.command))
        taken = [name for name in existing if self._task.claims(name) and name not in own]
        if taken:
            advice = f"which {LEFT_ALONE}. It is replaced only with --overwrite; or {self._task.way_out(min(taken))}."
            return f'has a tier called "{min(taken)}" already, {advice}'
        if self._task.tiers_get_names and self._task.command in self._changed(now):
            who = f"was changed after phonseg put the {self._found} into it"
            return f"{who}, so it {LEFT_ALONE}. They are added again only with --overwrite."
        return ""

    def _changed(self, now: _Existing) -> list[Command]:
        """The commands whose tiers in a TextGrid a person has changed."""
        if now.made:
            return list(now.made.changed)
        return sorted({command for one in self._before(now.file) for command in (one.command, *one.changed)})

    def _before(self, file: Path) -> list[Made]:
        """How everything was made that phonseg has ever put into a file, as far as it is known."""
        return [one for made in self._known.of(file) for one in made.each]

    def _made(self, now: _Existing, new: Content, job: Job, result: WorkerResult) -> tuple[Content, Made]:
        """What a file is to hold, and how that is made."""
        made = Made(
            sha256=sha256_of(new),
            boundaries=result.boundaries,
            seconds=result.seconds,
            warning=result.warning,
            recording_bytes=job.size,
            recording_modified=job.modified,
            provenance=result.provenance,
            recording=os.path.abspath(job.recording),
            turns=result.turns,
            speakers=result.speakers,
            factor=result.factor,
            tiers=result.tiers if now.file.suffix.lower() == TEXTGRID.lower() else (),
        )
        if not now.adds or isinstance(new, LargeFile):
            return new, made
        own = _names(now.made_by(self._task.command))
        before = now.made.each if now.made else self._before(now.file)  # the file may have to be overwritten
        stale = _names(one for one in before if _same_tiers(one, made))
        replaceable = made.tier_names if self._overwrite else own
        data = add_tiers(now.base, new, now.file, replaceable=replaceable, stale=stale)
        others = [
            replace(one, others=(), changed=())
            for one in (now.made.each if now.made else ())
            if not _same_tiers(one, made) and set(one.tier_names).isdisjoint(made.tier_names)
        ]
        changed = tuple(command for command in self._changed(now) if command != made.command)
        whole = now.made is not None and now.made.whole
        return data, replace(made, sha256=sha256(data), whole=whole, others=tuple(others), changed=changed)


def _names(made: Iterable[Made]) -> set[str]:
    """The names of the tiers that were made."""
    return {name for one in made for name in one.tier_names}


def _same_tiers(made: Made, new: Made) -> bool:
    """Whether tiers take the place of others: the same command made them, with the same name for its tier."""
    name, other = (one.provenance.settings.get("tier") for one in (made, new))
    return made.command == new.command and name == other
