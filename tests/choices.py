"""Candidates to choose from, drawn by Hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from phonseg.timeline.candidates import Candidates
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.segmentation import Segmentation

# (times, prominences), as many of the one as of the other.
times_and_prominences = st.lists(
    st.tuples(st.floats(0.001, 9.999), st.floats(0, 1)), unique_by=lambda pair: pair[0], max_size=30
).map(lambda pairs: tuple(map(list, zip(*sorted(pairs), strict=True))) if pairs else ([], []))


def chosen_from(times: list[float], prominences: list[float], speech_seconds: float = 5.0) -> Segmentation:
    provenance = Provenance("1", "a model", "abc", {"channel": "mix"})
    candidates = Candidates(np.array(times), np.array(prominences), 0.5, speech_seconds)
    return Segmentation(np.zeros(0), 10.0, provenance=provenance, candidates=candidates)
