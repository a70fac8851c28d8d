"""Windows of speech -> which part of it each speaks for; who speaks in each -> turns."""

from __future__ import annotations

import numpy as np

from phonseg.diarization.embedding.windows import Numbers, Windows
from phonseg.diarization.evidence import Evidence
from phonseg.diarization.speech_frames import SpeechFrames
from phonseg.timeline.turns import Turn


def nearest_speech(spoken: SpeechFrames, windows: Windows) -> tuple[Numbers, Numbers]:
    """Returns which part of the speech is nearest to each window.

    Args:
        spoken: the frames and the speech of a recording.
        windows: of its runs of speech, in time order; at least one in each run.

    Returns:
        (W,) seconds at which each part begins, and (W,) at which it ends. Together they are the speech.
    """
    middles = windows.mean(axis=1)
    between = spoken.grid.boundary((middles[1:] + middles[:-1]) / 2)
    starts, ends = np.empty(len(windows)), np.empty(len(windows))
    starts[1:], ends[:-1] = between, between
    for (start, end), (first, last) in zip(spoken.speech, spoken.runs, strict=True):
        inside = slice(*np.searchsorted(windows[:, 0], (first, last)))
        starts[inside.start], ends[inside.stop - 1] = start, end
    return starts, ends


def turns_of(evidence: Evidence, posteriors: Numbers) -> tuple[Turn, ...]:
    """Makes turns.

    Args:
        evidence: of the recording.
        posteriors: (W, S) the probability of each speaker in each window.

    Returns:
        The turns in time order. A turn ends where another speaker is likelier, or speech pauses. Speakers are called
        "speaker 1", "speaker 2" and so on, in the order in which they first speak. The score of a turn is the mean
        probability of its speaker.
    """
    if not len(posteriors):
        return ()
    speakers, starts, ends = posteriors.argmax(axis=1), evidence.starts, evidence.ends
    firsts = np.flatnonzero(np.append(True, (speakers[1:] != speakers[:-1]) | (starts[1:] > ends[:-1])))
    names: dict[int, str] = {}
    turns = []
    for first, end in zip(firsts, np.append(firsts[1:], len(speakers)), strict=True):
        who = int(speakers[first])
        name = names.setdefault(who, f"speaker {len(names) + 1}")
        score = np.average(posteriors[first:end, who], weights=ends[first:end] - starts[first:end])
        turns.append(Turn(float(starts[first]), float(ends[end - 1]), name, float(np.clip(score, 0, 1))))
    return tuple(turns)
