"""What is known of the windows of a recording -> who speaks in each, for any number of speakers that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phonseg.diarization.clustering import Labels, first_guess, joined, without_gaps
from phonseg.diarization.embedding.windows import Numbers
from phonseg.diarization.hidden_markov_model import SPEAKER_COST, speakers_of_windows
from phonseg.errors import ConfigurationError
from phonseg.timeline.turns import SpeakerRange

# How long somebody speaks at least, in seconds or as a share of all speech, unless the number of speakers is given. In
# short recordings the share decides.
LEAST_SECONDS, LEAST_SHARE = 4.5, 0.1
# In a recording of more windows than LONG, a speaker costs more. A voice varies, and its variants come again the longer
# somebody talks, so that without this one speaker would become several.
LONG, DEARER = 300, 0.6
# Where more speakers are asked for than the recording shows by itself, a speaker costs less and less.
CHEAPER = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the choice of speakers rests on.

    Attributes:
        recording: its name, for messages.
        starts: (W,) seconds, where the speech begins to which each window is the nearest, in time order.
        ends: (W,) seconds, where it ends.
        projected: (W, K) the windows, with the variance 1 within a speaker.
        between: (K,) the variances between speakers.
    """

    recording: str
    starts: Numbers
    ends: Numbers
    projected: Numbers
    between: Numbers

    def placed(self, first: float, start: float, end: float) -> Evidence:
        """Returns the same evidence on the time axis of its recording.

        Args:
            first: seconds, where the first sample begins on that axis.
            start: seconds, where the recording begins, which may be within its first sample.
            end: seconds, where it ends, which may be within its last sample.
        """
        starts, ends = (np.clip(times + first, start, end) for times in (self.starts, self.ends))
        return replace(self, starts=starts, ends=ends)

    def posteriors(self, wanted: SpeakerRange | None) -> Numbers:
        """Finds who speaks in each window.

        Args:
            wanted: how many speakers there may be; None to let the recording decide.

        Returns:
            (W, S) the probability of each speaker; each is the likeliest in some window. (0, 0) without speech.

        Raises:
            ConfigurationError: if there are fewer windows than speakers.
        """
        n = len(self.projected)
        if wanted and n < wanted.least:
            some = "no speech" if n == 0 else f"only {(self.ends - self.starts).sum():.1f} s of speech"
            advice = "Give fewer speakers, or none to let the recording decide."
            raise ConfigurationError(f"{self.recording}: has {some}, and speakers is {wanted.least}. {advice}")
        if n == 0:
            return np.zeros((0, 0))
        labels = self._by_itself()
        found = int(labels.max()) + 1
        if wanted and found < wanted.least:
            labels = self._exactly(wanted.least)
        elif wanted and found > wanted.most:
            labels = joined(labels, self.projected, self.between, wanted.most)
        return self._certain(labels)

    def _by_itself(self) -> Labels:
        """The speakers that the recording shows by itself."""
        labels = self._likeliest(first_guess(self.projected, self.between))
        seconds = np.bincount(labels, weights=self.ends - self.starts)
        lasting = seconds >= min(LEAST_SECONDS, LEAST_SHARE * seconds.sum(), seconds.max())
        if lasting.all():
            return labels
        speakers = self._posteriors(labels)[:, lasting]
        return self._likeliest(without_gaps(speakers.argmax(axis=1)))

    def _exactly(self, number: int) -> Labels:
        """As many speakers as are asked for, more than the recording shows by itself."""
        guess = first_guess(self.projected, self.between)
        for cost in CHEAPER:
            labels = self._likeliest(guess, cost * SPEAKER_COST)
            if labels.max() + 1 >= number:
                return joined(labels, self.projected, self.between, number)
        return first_guess(self.projected, self.between, number)

    def _likeliest(self, labels: Labels, cost: float = SPEAKER_COST) -> Labels:
        return without_gaps(self._posteriors(labels, cost).argmax(axis=1))

    def _posteriors(self, labels: Labels, cost: float = SPEAKER_COST) -> Numbers:
        dearer = max(1.0, len(labels) / LONG) ** DEARER
        return speakers_of_windows(self.projected, self.between, labels, dearer * cost).speakers

    def _certain(self, labels: Labels) -> Numbers:
        """The posteriors of the speakers; if somebody would get no window, those of the labels alone."""
        found, n = self._posteriors(labels), int(labels.max()) + 1
        if len(np.unique(found.argmax(axis=1))) == n:
            return found
        return np.asarray(labels[:, None] == np.arange(n), dtype=np.float64)
