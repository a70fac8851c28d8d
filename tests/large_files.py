"""Large and hostile label files."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from label_files import kinds
from textgrids import long, short

MILLIONS = 20_000_000
LARGE_TURNS = (".rttm", ".turns.csv", ".turns.json", ".turns.txt", ".turns.TextGrid", ".turns.eaf")
OPENING = ("<", '"', "< ", '" ', "<a ", "[", "{", "<!--", "<![CDATA[", "&", "! ", "\\")


def large_files() -> Iterator[tuple[str, bytes]]:
    """The suffix and the content of each."""
    one = long({"phones": [(0, 1, "LABEL")]})
    yield ".TextGrid", one.replace("LABEL", "a" * MILLIONS).encode()
    yield ".TextGrid", one.replace("LABEL", '""' * (MILLIONS // 2)).encode()
    yield ".TextGrid", one.replace("LABEL", "é" * MILLIONS).encode("latin-1")
    yield ".TextGrid", codecs.BOM_UTF16_LE + one.replace("LABEL", "ʃ" * (MILLIONS // 2)).encode("utf-16-le")
    yield ".TextGrid", one.replace("LABEL", "\r\n" * (MILLIONS // 2)).encode()
    yield ".TextGrid", long({"a" * MILLIONS: [(i / 100, (i + 1) / 100, "") for i in range(100)]}).encode()
    yield ".csv", b"start,end,label\n0,1," + b"a" * MILLIONS
    yield ".lab", b"0 1.0 " + b"a" * MILLIONS
    yield ".eaf", kinds("LABEL", 2)[".eaf"].replace("LABEL", "a" * MILLIONS).encode()
    yield ".eaf", kinds("a", 2)[".eaf"].replace("<HEADER", f'<HEADER X="{"a" * 50_000_000}"').encode()
    yield ".eaf", b"<ANNOTATION_DOCUMENT>" + b"<a>" * 80_000
    yield ".csv", b"start,end" + b"," * 1_000_000 + (b"\n0,1" + b"," * 1_000_000) * 3
    yield ".csv", b"start,end" + b"\n" * MILLIONS
    yield ".lab", b"\n" * MILLIONS
    yield ".json", b'{"label": 0, "duration": 1, "segments": ' + b"[" * 100_000
    yield ".json", b'{"label": 0, "segments": [], "duration": ' + b"9" * 5_000 + b"}"
    yield ".phn", b"0 " + b"9" * 5_000 + b" a"
    yield ".TextGrid", short({}).replace("\n0\n", "\n1000000\n").encode() + b'"IntervalTier" "a" 0 1 0\n' * 1_000_000
    yield ".csv", b"start,end," * 5_000_000 + b"\n0,1\n"
    yield ".csv", b"start,end\n0,1\n" + b"12,345678," * 5_000_000
    yield ".csv", b"start,end,label\n" + (b'0,1,"' + b"1,a,\n" * 25_000 + b'"\n') * 60
    yield ".csv", b"start,end,file\n0,1," + b"a" * 130_000
    yield ".csv", b"start,end,file\n" + b"".join(b"0,1,/a/b/%d.wav\n" % i for i in range(400_000))
    yield ".ctm", b"a" * 20_000_000 + b" 1 0 1 a"
    yield ".csv", b"start,end\n" + b"\xc2\xa00,1_0\n" * 400_000
    for comment in ("a ", "a1 ", "(\n", "!\n", "a-\n"):
        for often in (1, 70, 7_000):
            yield ".TextGrid", commented(comment, often)
    yield ".eaf", elan(600_000, 299_000)
    yield ".TextGrid", long({"phones": [(i / 8, (i + 1) / 8, "a") for i in range(300_000)]}).encode()
    for opening in OPENING:
        marks = opening * 80_000
        yield ".TextGrid", one.encode() + marks.encode()
        yield ".TextGrid", one.replace("tiers?", marks + " tiers?").encode()
        yield from ((suffix, marks.encode()) for suffix in kinds())
        yield ".csv", f"start,end,label\n0,1,{marks}".encode()
        yield ".eaf", f"<ANNOTATION_DOCUMENT>{marks}".encode()


def many_intervals() -> Iterator[tuple[str, bytes]]:
    """40 000 intervals below 50 microseconds in every kind of file."""
    spans = [(round(i * 4e-5, 6), round((i + 1) * 4e-5, 6), "a") for i in range(40_000)]
    for form in (long, short):
        yield ".TextGrid", form({"phones": spans}).encode()
    lines = "".join(f"1 {start} {end}\n{chr(34)}a{chr(34)}\n" for start, end, _ in spans)
    head = '"Praat chronological TextGrid text file"\n0 2\n1\n"IntervalTier" "phones" 0 2\n'
    yield ".TextGrid", (head + lines).encode()
    yield ".csv", ("start,end\n" + "".join(f"{start},{end}\n" for start, end, _ in spans)).encode()
    yield ".txt", "".join(f"{start:.6f}\t{end:.6f}\ta\n" for start, end, _ in spans).encode()
    yield ".ctm", "".join(f"a 1 {start} 0.00004 a\n" for start, _, _ in spans).encode()
    yield ".lab", "".join(f"{400 * i} {400 * i + 400} a\n" for i in range(40_000)).encode()
    yield ".phones", ("#\n" + "".join(f"{end} 1 a\n" for _, end, _ in spans)).encode()
    yield ".phones", ("#\n1 1 a\n" + "1 1 a\n" * 40_000).encode()
    yield ".phn", "".join(f"{i} {i + 1} a\n" for i in range(40_000)).encode()


def large_turns() -> Iterator[tuple[str, bytes]]:
    """Large and hostile files of turns."""
    line = b"SPEAKER a 1 %d.25 0.5 <NA> <NA> speaker_%d <NA> <NA>\n"
    yield ".rttm", b"".join(line % (i, i % 7) for i in range(50_000))
    yield ".rttm", b"".join(line % (i, i) for i in range(50_000))
    yield ".rttm", b"SPEAKER a 1 0 9 <NA> <NA> a <NA> <NA>\n" * 50_000
    yield ".rttm", b"".join(b"SPEAKER r%d 1 0 9 <NA> <NA> a <NA> <NA>\n" % i for i in range(500_000))
    yield ".rttm", b"SPEAKER a 1 0 9 <NA> <NA> " + b"a" * MILLIONS
    yield ".rttm", b"SPEAKER " * 7_000_000
    yield ".rttm", b"\n" * MILLIONS
    yield ".rttm", b";;\n" * MILLIONS
    yield ".rttm", b"SPEAKER a 1 0 " + b"9" * MILLIONS + b" <NA> <NA> a"
    yield ".rttm", b"SPEAKER a 1 1e-999999999 1e99 <NA> <NA> a"
    table = b"start,end,speaker\n"
    yield ".turns.csv", table + b"".join(b"%d,%d,%d\n" % (i, i + 1, i) for i in range(50_000))
    yield ".turns.csv", table + b"0,1," + b"a" * 900_000
    turns = b",".join(b'{"start": %d, "end": %d, "speaker": "a"}' % (i, i + 1) for i in range(50_000))
    yield ".turns.json", b'{"duration": 50000, "turns": [' + turns + b"]}"
    yield ".turns.txt", b"".join(b"%d\t%d\t%d\n" % (i, i + 1, i) for i in range(50_000))
    yield ".turns.TextGrid", long({f"s{i}": [(i, i + 1, "a")] for i in range(9_000)}).encode()
    yield ".turns.TextGrid", long({"a-" * 400_000 + "b": [(0, 1, "a")]}).encode()
    yield ".turns.TextGrid", long({"a": [(i / 8, (i + 1) / 8, "a") for i in range(50_000)]}).encode()
    yield ".turns.eaf", elan(100_000, 50_000).replace(b'"phones"', b'"a"')


def commented(comment: str, often: int) -> bytes:
    """A TextGrid of 62 million bytes, most of which are comments in so many intervals."""
    comments = comment * (62_000_000 // len(comment) // often)
    head = f'"ooTextFile" "TextGrid" 0 100 <exists> 1 "IntervalTier" "phones" 0 100 {often} '
    return (head + "".join(f'{i / 100} {comments} {(i + 1) / 100} "a" ' for i in range(often))).encode()


def elan(slots: int, annotations: int) -> bytes:
    """An ELAN file with so many of both."""
    times = "".join(f'<TIME_SLOT TIME_SLOT_ID="ts{i}" TIME_VALUE="{40 * i}"/>' for i in range(slots))
    refs = (f'TIME_SLOT_REF1="ts{2 * i}" TIME_SLOT_REF2="ts{2 * i + 1}"' for i in range(annotations))
    tier = "".join(f'<ALIGNABLE_ANNOTATION ANNOTATION_ID="a{i}" {ref}/>' for i, ref in enumerate(refs))
    return f'<ANNOTATION_DOCUMENT>{times}<TIER TIER_ID="phones">{tier}</TIER></ANNOTATION_DOCUMENT>'.encode()
