"""What is known of the windows of a recording -> who speaks in each, for any number of speakers that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from phonseg.diarization.clustering import Labels, first_guess, joined, without_gaps
from phonseg.diarization.embedding.windows import Numbers
from phonseg.diarization.hidden_markov_model import SPEAKER_COST, speakers_of_windows
from phonseg.errors import ConfigurationError
from phonseg.timeline.turns import SpeakerRange

# How long somebody speaks at least, unless the number of speakers is given: LEAST_SECONDS; in a short recording a tenth
# of all speech, and in a long one a hundredth.
LEAST_SECONDS, SHORT_SHARE, LONG_SHARE = 4.5, 0.1, 0.01
# In a recording of more windows than LONG, a speaker costs more. A voice varies, and its variants come again the longer
# somebody talks, so that without this one speaker would become several.
LONG, DEARER = 300, 0.6
SETTLED_COST = 5.0  # of a speaker, once their number is settled


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
        guess = first_guess(self.projected, self.between)
        number = self._number(guess)
        if wanted:
            number = min(max(number, wanted.least), wanted.most)
        if guess.max() + 1 < number:
            guess = first_guess(self.projected, self.between, number)
        labels = joined(guess, self.projected, self.between, number)
        found = self._speakers(labels, SETTLED_COST)
        # Nobody who was counted or asked for may go.
        lost = len(np.unique(found.argmax(axis=1))) < number
        return np.asarray(labels[:, None] == np.arange(number), dtype=np.float64) if lost else found

    def _number(self, guess: Labels) -> int:
        """How many speakers the windows need, each of whom speaks for long enough."""
        cost = SPEAKER_COST * max(1.0, len(guess) / LONG) ** DEARER
        labels = without_gaps(self._speakers(guess, cost).argmax(axis=1))
        seconds = np.bincount(labels, weights=self.ends - self.starts)
        total = seconds.sum()
        least = min(max(LEAST_SECONDS, LONG_SHARE * total), SHORT_SHARE * total)
        lasting = seconds >= min(least, seconds.max())
        if lasting.all():
            return len(lasting)
        remaining = self._speakers(labels, cost)[:, lasting].argmax(axis=1)
        return len(np.unique(self._speakers(without_gaps(remaining), cost).argmax(axis=1)))

    def _speakers(self, labels: Labels, cost: float) -> Numbers:
        return speakers_of_windows(self.projected, self.between, labels, cost).speakers
