"""Analysis of a recording -> the peaks of its curve that lie in speech, and where speech begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from phonseg.detection.peaks import candidate_peaks
from phonseg.detection.speech_activity import Region, audible_parts, within
from phonseg.model.analysis import Analysis
from phonseg.model.analysis_settings import PHONSEG_SETTINGS, AnalysisSettings
from phonseg.timeline.grid import Times

# A boundary may lie this far outside the detected speech, whose edges are where the sound fades.
SPEECH_MARGIN = 0.030
# Peaks this long before speech has faded away, and this long after, are its fading: one event.
FADING = (0.060, 0.020)
# Where speech only dies, and outside its audible parts, there is room, breath and noise. What changes there is seldom a
# boundary: its prominence counts for this share, so that only the surest remain.
FAINT_SHARE = 0.2
NO_TIMES = np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class SpeechPeaks:
    """What may be a boundary in a recording.

    Attributes:
        times: (M,) seconds, increasing: of peaks and of ends of speech.
        prominences: (M,) of the peaks, less than their own where sounds are faint or dying. An end of speech is as
            prominent as the most prominent peak of the fading that it stands for, and 0 if there is none.
        beginnings: (K,) seconds at which speech has risen.
        ends: (K,) seconds at which it has faded away; they are among the times.
    """

    times: Times
    prominences: Times
    beginnings: Times = field(default_factory=lambda: NO_TIMES)
    ends: Times = field(default_factory=lambda: NO_TIMES)


def speech_peaks(analysis: Analysis, settings: AnalysisSettings = PHONSEG_SETTINGS) -> SpeechPeaks:
    """Finds the peaks of a curve that lie in speech, and where speech begins and ends.

    Args:
        analysis: of one recording.
        settings: with `speech_only` false, all peaks of the curve are returned, and no edges of speech.

    Returns:
        The peaks and the edges of speech.
    """
    times, prominences = candidate_peaks(analysis.curve, span=settings.span, sub_frame=settings.sub_frame)
    if not settings.speech_only:
        return SpeechPeaks(times, prominences)
    parts = audible_parts(analysis.loudness, analysis.level, analysis.speech)
    beginnings, ends = np.array([part.start for part in parts]), np.array([part.end for part in parts])
    before, after = FADING
    kept, fading = within(times, analysis.speech, SPEECH_MARGIN), np.zeros(len(ends))
    for i, end in enumerate(ends):
        near = slice(*np.searchsorted(times, (end - before, end + after)))
        kept[near], fading[i] = False, prominences[near].max(initial=0.0)
    lively = [Region(part.start - SPEECH_MARGIN, part.dying) for part in parts]
    prominences = np.where(within(times, lively, 0.0), prominences, FAINT_SHARE * prominences)
    times = np.concatenate([times[kept], ends])
    prominences = np.concatenate([prominences[kept], fading])
    order = np.argsort(times, kind="stable")
    return SpeechPeaks(times[order], prominences[order], beginnings, ends)
