"""The segments of the demo recording, as programs write them in every kind of label file and encoding."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import numpy as np
from textgrids import long

from phonseg.annotation.textgrid.reader import read_textgrid

DEMO = Path(__file__).parents[1] / "data" / "demo" / "english.TextGrid"
PLAIN = read_textgrid(DEMO)
ROWS = list(PLAIN.intervals())
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-8 with mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16 little": lambda text: text.encode("utf-16-le"),
    "utf-16 big": lambda text: text.encode("utf-16-be"),
    "utf-16 little with mark": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16 big with mark": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "cesu": lambda text: "".join(
        chr(unit) for unit in np.frombuffer(text.encode("utf-16-le"), dtype="<u2").tolist()
    ).encode("utf-8", "surrogatepass"),
    "latin-1": lambda text: text.encode("latin-1"),
}


def kinds(label: str = "s", count: int = len(ROWS)) -> dict[str, str]:
    """A text for each kind, of so many segments, with this label in place of the second one."""
    rows = [(start, end, label if i == 1 else name) for i, (start, end, name) in enumerate(ROWS[:count])]
    slots = "".join(f'<TIME_SLOT TIME_SLOT_ID="t{i}" TIME_VALUE="{1000 * b:.0f}"/>' for i, (_, b, _) in enumerate(rows))
    annotations = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{i}" TIME_SLOT_REF1="t{i - 1}" TIME_SLOT_REF2="t{i}">'
        f"<ANNOTATION_VALUE>{name}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>\n"
        for i, (_, _, name) in enumerate(rows)
    )
    intervals = "".join(f'1 {a} {b}\n"{name}"\n' for a, b, name in rows)
    end = rows[-1][1]
    return {
        ".TextGrid": long({"phones": rows}, end=end),
        ".chronological.TextGrid": f'"Praat chronological TextGrid text file"\n0 {end}   ! Time domain.\n'
        f'1   ! Number of tiers.\n"IntervalTier" "phones" 0 {end}\n{intervals}',
        ".phn": "".join(f"{16_000 * a:.0f} {16_000 * b:.0f} {name}\n" for a, b, name in rows),
        ".cslu.phn": "MillisecondsPerFrame: 1.000000\nEND OF HEADER\n"
        + "".join(f"{1000 * a:.0f} {1000 * b:.0f} {name}\n" for a, b, name in rows),
        ".phones": "signal x\n#\n" + "".join(f"{b} 121 {name}\n" for _, b, name in rows),
        ".lab": "".join(f"{1e7 * a:.0f} {1e7 * b:.0f} {name}\n" for a, b, name in rows),
        ".eaf": '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/>'
        f'<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t-1" TIME_VALUE="0"/>{slots}</TIME_ORDER>'
        f'<TIER TIER_ID="phones">{annotations}</TIER></ANNOTATION_DOCUMENT>',
        ".csv": "tmin,tier,text,tmax\n" + "".join(f"{a},phones,{name},{b}\n" for a, b, name in rows),
        ".readtextgrid.csv": "file,tier_num,tier_name,tier_type,tier_xmin,tier_xmax,xmin,xmax,text,annotation_num\n"
        f"a,1,words,IntervalTier,0,{end},0,{end},hello,1\n"
        + "".join(f"a,2,phones,IntervalTier,0,{end},{a},{b},{name},{i}\n" for i, (a, b, name) in enumerate(rows, 1)),
        ".labels.txt": "".join(f"{a:.6f}\t{b:.6f}\t{name}\n" for a, b, name in rows),
        ".txt": "".join(f"{a:.6f}\t{b:.6f}\t{name}\n\\\t100,5\t2000\n".replace(".", ",") for a, b, name in rows),
        ".ctm": ";; a comment\n" + "".join(f"a 1 {a} {b - a:.6f} {name or '<eps>'}\n" for a, b, name in rows),
        ".json": f'{{"duration": {end}, "segments": ['
        + ",".join(f'{{"start": {a}, "end": {b}, "label": "{name}"}}' for a, b, name in rows)
        + '], "boundaries": []}\n',
    }
