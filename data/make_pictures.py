"""Draw the pictures of the README from the demonstration recordings: python data/make_pictures.py [FOLDER]."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

import phonseg

DATA = Path(__file__).resolve().parent
RECORDING = DATA / "demo" / "english.wav"
WINDOW = 1.8, 2.9  # seconds: "... by the sea", a pause, "where she ..."


def main(folder: Path) -> None:
    """Write both pictures to a folder, which is made if it is missing."""
    folder.mkdir(exist_ok=True)
    segmentation = phonseg.segment(RECORDING)
    reference = phonseg.read_textgrid(RECORDING.with_suffix(".TextGrid"))
    save(segmentation.plot(*WINDOW), folder / "look.png")
    save(segmentation.plot(*WINDOW, reference=reference), folder / "compare.png")


def save(figure: Figure, path: Path) -> None:
    """Write a PNG, 1000 pixels wide, in 128 colours: a third of the size with all colours."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=1000 / figure.get_figwidth())
    Image.open(drawn).convert("RGB").quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "pictures")
