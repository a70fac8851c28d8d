"""How memory and time grow with the length of a recording: python benchmarks/long_recording.py RECORDINGS [HOURS ...].

Recordings are joined into WAV files of the given hours (1 and 10 by default, which takes 1.3 GB of disk). Each file is
segmented in a process of its own, in blocks of several sizes, which must give the same boundaries; and once more from
the command line with one worker process.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from phonseg.audio.find import find_recordings
from phonseg.audio.recording import read

RATE = 16_000
SEGMENT = """
import json, resource, sys, time
import phonseg, phonseg.audio.recording
phonseg.audio.recording.BLOCK = int(sys.argv[2])
begin = time.perf_counter()
seg = phonseg.segment(sys.argv[1])
print(json.dumps({
    "seconds": time.perf_counter() - begin,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "boundaries": seg.boundaries.tolist(),
    "duration": seg.duration,
}))
"""


def join(recordings: list[Path], hours: float, path: Path, *, rate: int = RATE, file_format: str = "WAV") -> None:
    """Write `hours` of the recordings, in turn and repeated as needed, to one file: WAV and FLAC have 16 bits."""
    left = round(hours * 3600 * rate)
    with soundfile.SoundFile(path, "w", rate, 1, format=file_format) as file:
        for recording in itertools.cycle(recordings):
            samples, _ = read(recording, sample_rate=rate)
            file.write(samples[:left])
            left -= len(samples)
            if left <= 0:
                return


def from_command_line(path: Path) -> tuple[float, float]:
    """Seconds that `phonseg segment` takes, and the most megabytes that one of its processes takes."""
    measured = (
        "import json, resource, subprocess, sys, time; begin = time.perf_counter(); "
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); seconds = time.perf_counter() - begin; "
        "print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))"
    )
    command = [sys.executable, "-m", "phonseg", "segment", str(path), "--jobs", "1", "--overwrite"]
    done = subprocess.run([sys.executable, "-c", measured, *command], check=True, capture_output=True, text=True)
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


def main() -> None:
    """Print a line for each length and block size."""
    recordings = find_recordings(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        for hours in [float(text) for text in sys.argv[2:]] or [1.0, 10.0]:
            path = Path(folder) / "long.wav"
            join(recordings, hours, path)
            expected = None
            for block in (16_384, 1_000, 1_000_000):
                command = [sys.executable, "-c", SEGMENT, str(path), str(block)]
                done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                found = np.array(done["boundaries"])
                same = expected is None or np.array_equal(found, expected)
                expected = found
                print(
                    f"{hours:g} h in blocks of {block} samples: {done['seconds']:.0f} s "
                    f"({done['duration'] / done['seconds']:.0f} times real time), {done['megabytes']:.0f} MB at most, "
                    f"{len(found)} boundaries{'' if same else ', NOT THE SAME'}"
                )
            seconds, megabytes = from_command_line(path)
            print(f"{hours:g} h from the command line: {seconds:.0f} s, {megabytes:.0f} MB at most in one process")


if __name__ == "__main__":
    main()
