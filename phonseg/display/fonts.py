"""A text -> a font that has its letters, and how wide the text is in it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

LETTER_SPREAD = 1.1  # letters on a grid of dots are up to a tenth larger
MOST_LETTERS = 40  # in an inch, of the narrowest
FONT = "DejaVu Sans"  # it comes with matplotlib and has the letters of the IPA


def font_for(text: str, size: float) -> FontProperties:
    """Returns DejaVu Sans and, for letters that it lacks, such as Chinese ones, fonts of this machine that have them.

    Args:
        text: what will be written.
        size: points.
    """
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=[FONT, *_others_for(text)], size=size)


def text_width(text: str, size: float) -> float:
    """Returns how wide a text may become, in inches.

    Args:
        text: the text, which holds no formula.
        size: points.
    """
    from matplotlib.textpath import text_to_path

    points = text_to_path.get_text_width_height_descent(text, font_for(text, size), ismath=False)[0]
    return LETTER_SPREAD * float(points) / 72


def shortened(text: str, size: float, width: float) -> str:
    """Returns a text, or as much of its beginning as there is room for, with three dots behind it.

    Args:
        text: the text.
        size: points.
        width: inches.
    """
    most = math.ceil(MOST_LETTERS * width)
    text = text if len(text) <= most else f"{text[:most]}…"
    while len(text) > 2 and text_width(text, size) > width:
        text = f"{text[:-2]}…"
    return text


@lru_cache(maxsize=256)
def _others_for(text: str) -> tuple[str, ...]:
    """The families of fonts that have letters of a text which DejaVu Sans lacks; none for letters that no font has."""
    from matplotlib.font_manager import findfont, fontManager, get_font

    own = get_font(findfont(FONT))
    missing = {letter for letter in text if not own.get_char_index(ord(letter))}
    families = []
    # The font of last resort has a box for every letter.
    for entry in sorted(fontManager.ttflist, key=lambda entry: entry.name.startswith("Last Resort")) if missing else ():
        try:
            font = get_font(entry.fname)
            font.set_size(10, 72)  # which fails for fonts of pictures
            found = {letter for letter in missing if font.get_char_index(ord(letter))}
        except (OSError, RuntimeError):
            continue
        if found:
            families.append(entry.name)
            missing -= found
        if not missing:
            break
    return tuple(families)
