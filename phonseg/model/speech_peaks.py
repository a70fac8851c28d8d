"""Analysis of a recording -> the peaks of its curve that lie in speech, and where speech begins and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonseg.detection.audible_parts import audible_parts
from phonseg.detection.peaks import candidate_peaks
from phonseg.detection.speech_activity import Region, within
from phonseg.model.analysis import Analysis
from phonseg.model.analysis_settings import PHONSEG_SETTINGS, AnalysisSettings
from phonseg.timeline.grid import Times

# Seconds: a boundary may lie this far outside the detected speech, since speech fades in and out at its edges.
SPEECH_MARGIN = 0.030
# Seconds: peaks up to this long before the end of speech, and up to this long after it, belong to its fading. They are
# replaced by one candidate at the end of speech.
FADING = (0.060, 0.020)
# Where speech fades away, and outside its audible parts, there is reverberation, breath and noise. Changes there are
# seldom boundaries, so the prominence of a peak is multiplied by this.
FAINT_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class SpeechPeaks:
    """What may be a boundary in a recording.

    Attributes:
        times: (M,) seconds, increasing: peaks of the curve and ends of speech.
        prominences: (M,) 0 or more. The prominence of a peak counts less where sounds are faint or fading. An end of
            speech is as prominent as the most prominent peak of the fading that it replaces, or 0 without such a
            peak.
        beginnings: (K,) seconds at which speech has risen.
        ends: (K,) seconds at which speech has faded away. They are among the times.
    """

    times: Times
    prominences: Times
    beginnings: Times
    ends: Times


def speech_peaks(analysis: Analysis, settings: AnalysisSettings = PHONSEG_SETTINGS) -> SpeechPeaks:
    """Finds the peaks of a curve that lie in speech, and where speech begins and ends.

    Args:
        analysis: of one recording.
        settings: those of the analysis. With `speech_only` false, all peaks of the curve are returned, and no
            beginnings and ends of speech.

    Returns:
        The peaks, and the beginnings and ends of speech.
    """
    times, prominences = candidate_peaks(analysis.curve, span=settings.span, sub_frame=settings.sub_frame)
    if not settings.speech_only:
        return SpeechPeaks(times, prominences, np.zeros(0), np.zeros(0))
    parts = audible_parts(analysis.loudness, analysis.level, analysis.speech)
    beginnings, ends = np.array([part.start for part in parts]), np.array([part.end for part in parts])
    before, after = FADING
    kept, fading = within(times, analysis.speech, SPEECH_MARGIN), np.zeros(len(ends))
    for i, end in enumerate(ends):
        near = slice(*np.searchsorted(times, (end - before, end + after)))
        kept[near], fading[i] = False, prominences[near].max(initial=0.0)
    lively = [Region(part.start - SPEECH_MARGIN, part.dying) for part in parts]
    prominences = np.where(within(times, lively, 0.0), prominences, FAINT_SHARE * prominences)
    times, prominences = np.concatenate([times[kept], ends]), np.concatenate([prominences[kept], fading])
    order = np.argsort(times, kind="stable")
    return SpeechPeaks(times[order], prominences[order], beginnings, ends)
