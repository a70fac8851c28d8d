"""A model of speakers that hears nothing; and, as a program, the command line with that model."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass

from phonseg.audio.decoding.source import Source
from phonseg.audio.recording import open_recording
from phonseg.diarization.options import DiarizeOptions
from phonseg.errors import ConfigurationError, PhonsegWarning
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.provenance import Provenance
from phonseg.timeline.turns import Turn


@dataclass(frozen=True)
class Talkers:
    """As many speakers as are asked for, or else two, who share the recording in turn, twice."""

    name: str = "talkers"
    digest: str = "5a"

    def provenance(self, options: DiarizeOptions) -> Provenance:
        return Provenance("1.0", self.name, self.digest, options.settings)

    def diarize_with(self, source: Source, options: DiarizeOptions) -> Diarization:
        recording = open_recording(source, channel=options.channel)
        n = options.range.least if options.range else 2
        if n > 9:
            raise ConfigurationError(f"{source}: has too little speech for {n} speakers. Ask for fewer.")
        for remark in recording.remarks:
            warnings.warn(remark, PhonsegWarning, stacklevel=2)
        ends = [*(recording.duration * i / (2 * n) for i in range(2 * n)), recording.duration]
        if recording.power == 0:
            ends = []
            warnings.warn(f"{source}: nobody speaks.", PhonsegWarning, stacklevel=2)
        turns = [Turn(ends[i], ends[i + 1], f"speaker {1 + i % n}", 0.9) for i in range(len(ends) - 1)]
        return Diarization(tuple(turns), recording.duration, self.provenance(options), source)


if __name__ == "__main__":  # the command line, with this model in place of phonseg's own
    from talkers import Talkers as Importable  # the workers have another main module

    import phonseg.batch.diarize_files
    from phonseg.cli.main import main

    phonseg.batch.diarize_files.absolute = lambda model: Importable()
    sys.exit(main())
