"""Analysis of a recording -> the peaks of its curve that lie in speech, and the ends of speech."""

from __future__ import annotations

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


# Where speech only dies, and outside what is heard of it, there is room, breath and noise. What changes there is seldom
# a boundary: its prominence counts for a FAINT share, so that only the surest remain.
FAINT_SHARE = 0.2


def speech_peaks(analysis: Analysis, analysis_settings: AnalysisSettings = PHONSEG_SETTINGS) -> tuple[Times, Times]:
    """All peaks of the curve that lie in speech, and the ends where it fades away; or, by convention, just all peaks.

    Returns (M,) seconds, increasing, and (M,) prominences, less than their own where sounds are faint or dying. An end
    is as prominent as the most prominent peak of the fading that it stands for; 0 if there is none.
    """
    times, prominences = candidate_peaks(
        analysis.curve, span=analysis_settings.span, sub_frame=analysis_settings.sub_frame
    )
    if not analysis_settings.speech_only:
        return times, prominences
    audible = audible_parts(analysis.loudness, analysis.level, analysis.speech)
    ends = np.array([part.end for part in audible])
    before, after = FADING
    kept, fading = within(times, analysis.speech, SPEECH_MARGIN), np.zeros(len(ends))
    for i, end in enumerate(ends):
        near = slice(*np.searchsorted(times, (end - before, end + after)))
        kept[near], fading[i] = False, prominences[near].max(initial=0.0)
    lively = [Region(part.start - SPEECH_MARGIN, part.dying) for part in audible]
    prominences = np.where(within(times, lively, 0.0), prominences, FAINT_SHARE * prominences)
    times = np.concatenate([times[kept], ends])
    prominences = np.concatenate([prominences[kept], fading])
    order = np.argsort(times, kind="stable")
    return times[order], prominences[order]
