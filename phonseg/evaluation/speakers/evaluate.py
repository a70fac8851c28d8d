"""Turns of references and of hypotheses -> how well they agree: the diarization error rate.

Time is compared exactly, from edge to edge of the turns, and not in steps. All of it counts: where several speak at the
same time, each of them does, and there is no collar unless one is asked for. Seconds are summed over files before any
ratio is taken.
"""

from __future__ import annotations

import math
from dataclasses import replace
from numbers import Real

from phonseg.errors import ConfigurationError
from phonseg.evaluation.durations import Level
from phonseg.evaluation.pairs.read_pairs import Pairs, texts
from phonseg.evaluation.speakers.comparison import TurnComparison, read_turn_pairs
from phonseg.evaluation.speakers.findings import about_turn_score
from phonseg.evaluation.speakers.score import CorpusDiarizationScore, DiarizationScore, pooled
from phonseg.evaluation.speakers.sides import Turns
from phonseg.evaluation.speakers.speaker_changes import compare_changes
from phonseg.evaluation.speakers.speaking_time import PER_SECOND, compare_time

LARGEST_COLLAR = 10.0  # seconds: longer than most turns


def evaluate_diarization(
    reference: Turns, hypothesis: Turns, *, collar: float = 0.0
) -> DiarizationScore | CorpusDiarizationScore:
    """Scores turns of speakers against a reference, or a folder of them against a folder of references.

    Args:
        reference: a `Diarization`, the path of a file that `phonseg.read_turns` reads, or a folder of RTTM files,
            TextGrids and ELAN files. Of several files of one name, the kind that comes first here counts.
        hypothesis: the same; what the speakers are called does not matter. Files of two folders belong together if they
            have the same name in the same place.
        collar: seconds on either side of the start and of the end of each reference turn that are not scored, 0 or more
            and below 10. 0.25 is usual in the field. (pyannote.metrics gives both sides together: 0.5 there is 0.25
            here.)

    Returns:
        A `CorpusDiarizationScore` for two folders, else a `DiarizationScore`. Files without a counterpart and files
        that cannot be read are listed as failed and are left out of the total. Check them before you compare totals.

    Raises:
        TextGridError: if a file cannot be read (in a folder it is listed as failed instead).
        ConfigurationError: if one of the two is neither turns nor a path, if the collar is out of its range, if only
            one of the two is a folder, or if two folders have no name in common.

    Warns:
        PhonsegWarning: why scores may be wrong: durations differ, turns lie after the end of the recording, times seem
            to be in another unit, or a file is compared with itself.

    References:
        Fiscus, J. G., Ajot, J., Michel, M. and Garofolo, J. S. (2006). The Rich Transcription 2006 spring meeting
        recognition evaluation. MLMI 2006.
    """
    _check_collar(collar)
    read = read_turn_pairs(reference, hypothesis, ("reference", "hypothesis"), about_turn_score)
    read.warn()
    files = {name: _score(one, float(collar)) for name, one in read.pairs.items()}
    return _summed(read, files, float(collar)) if read.folders else files[""]


def _score(one: TurnComparison, collar: float) -> DiarizationScore:
    reference, hypothesis = one.first.turns, one.second.turns
    time, mapping = compare_time(reference, hypothesis, collar)
    changes = compare_changes(reference, hypothesis)
    return DiarizationScore(
        reference_seconds=time.total / PER_SECOND,
        missed_seconds=time.missed / PER_SECOND,
        false_alarm_seconds=time.false_alarm / PER_SECOND,
        confusion_seconds=time.confusion / PER_SECOND,
        reference_changes=changes.in_reference,
        found_changes=changes.in_hypothesis,
        change_hits=changes.hits,
        reference_speakers=len(reference.speakers),
        found_speakers=len(hypothesis.speakers),
        collar=collar,
        mapping=mapping,
        without_collar=_score(replace(one, findings=()), 0.0) if collar else None,
        compared=one.compared,
        notes=texts(one, Level.NOTE),
        warnings=texts(one, Level.WARNING),
    )


def _summed(read: Pairs[TurnComparison], files: dict[str, DiarizationScore], collar: float) -> CorpusDiarizationScore:
    """The score of all files; without any file, that of no time."""
    nothing = DiarizationScore(collar=collar, without_collar=DiarizationScore() if collar else None)
    total = replace(pooled([nothing, *files.values()]), notes=read.notes, warnings=read.warnings)
    return CorpusDiarizationScore(**vars(total), files=files, failed=read.failed)


def _check_collar(seconds: float) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, Real) or not 0 <= seconds < math.inf:
        raise ConfigurationError(f"collar is {seconds!r:.80}. Give seconds, 0 or more, such as 0.25 for 250 ms.")
    if seconds >= LARGEST_COLLAR:
        meant = f"{seconds:g} ms? Then give {seconds / 1000:.3f}" if seconds < 10_000 else "Give 0.25 for 250 ms"
        raise ConfigurationError(f"collar is {seconds:g} s, longer than most turns. {meant}.")
