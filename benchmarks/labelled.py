"""A folder of recordings with references -> what every system finds in them under every condition."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conditions import CLEAN, Change, under_conditions
from systems import System
from tqdm import tqdm

from phonseg.annotation.readers import read_reference
from phonseg.audio.find import find_recordings
from phonseg.errors import ConfigurationError, PhonsegError
from phonseg.evaluation.pairs.pairing import pair
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.grid import Times
from phonseg.timeline.segmentation import Segmentation


@dataclass(frozen=True)
class Found:
    """What a system found in a recording: the boundaries that it gives with no option, and all its candidates."""

    boundaries: Times
    candidates: Candidates


@dataclass(frozen=True)
class Labelled:
    """A recording: its reference, and what was found in it by (name of the system, condition)."""

    reference: Segmentation
    found: Mapping[tuple[str, str], Found]


@dataclass(frozen=True)
class LabelledSet:
    """The recordings of a folder by name. failed: why a recording could not be scored, by name."""

    name: str
    recordings: Mapping[str, Labelled]
    failed: Mapping[str, str]


def analyse_folder(
    folder: Path, systems: Sequence[System], conditions: Mapping[str, Change], tier: str = "phones"
) -> LabelledSet:
    """Segment every recording that has a reference with every system, unchanged and under the conditions.

    A recording that fails with one system is left out for all, so that all are scored on the same recordings.

    Raises ConfigurationError if no recording is left, or if no reference has a boundary.
    """
    pairing = pair(folder, folder, find=find_recordings)
    recordings, failed = {}, dict(pairing.failed)
    for name, (reference, recording) in tqdm(
        pairing.pairs.items(), desc=folder.resolve().name, unit="file", disable=None
    ):
        try:
            wanted = read_reference(reference, tier=tier)
            sources = {CLEAN: recording, **under_conditions(name, recording, conditions)}
            found = {
                (system.name, condition): _found(system.segmenter.segment(source))
                for condition, source in sources.items()
                for system in systems
            }
            recordings[name] = Labelled(wanted, found)
        except PhonsegError as error:
            failed[name] = str(error)
    if not any(len(labelled.reference.boundaries) for labelled in recordings.values()):
        reasons = " ".join(list(failed.values())[:3])
        raise ConfigurationError(f"{folder}: has no recording with boundaries in a tier {tier}. {reasons}")
    return LabelledSet(folder.resolve().name, recordings, failed)


def without_shared_sentences(labelled: LabelledSet) -> LabelledSet | None:
    """The set without sa1 and sa2, which every speaker of TIMIT reads; None if it has none of them, or no others."""
    rest = {
        name: recording
        for name, recording in labelled.recordings.items()
        if not re.search(r"sa[12]$", name, re.IGNORECASE)
    }
    if not 0 < len(rest) < len(labelled.recordings):
        return None
    return LabelledSet(f"{labelled.name} without sa1 and sa2", rest, labelled.failed)


def _found(segmentation: Segmentation) -> Found:
    assert segmentation.candidates is not None
    return Found(segmentation.boundaries, segmentation.candidates)
