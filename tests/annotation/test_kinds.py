"""The same segments, those of the demo recording, as programs write them; each reads as the same boundaries."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from label_files import DEMO, ENCODINGS, PLAIN, ROWS, kinds
from parselmouth import read as read_with_praat
from parselmouth.praat import call
from textgrids import long, short

from phonseg.annotation.readers import READERS, is_reference, label_suffix, read_label_file, read_reference
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.timeline.segmentation import Segmentation


def near(suffix: str) -> float:
    """How far rounding may move a boundary."""
    return 5.1e-4 if suffix in (".eaf", ".cslu.phn") else 3.2e-5 if suffix == ".phn" else 1e-9


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("suffix", kinds())
def test_every_kind_is_read_in_every_encoding(tmp_path: Path, suffix: str, encoding: str) -> None:
    label = "é" if encoding == "latin-1" else "😀é" if suffix == ".ctm" else "ʃ é 日😀"
    label = label.replace(" ", "_") if suffix in (".ctm",) else label
    path = tmp_path / f"a{suffix}"
    path.write_bytes(ENCODINGS[encoding](kinds(label)[suffix]))
    assert is_reference(path)
    file = read_label_file(path)
    assert len(file.segmentation) == len(PLAIN)
    assert np.abs(file.segmentation.boundaries - PLAIN.boundaries).max() <= near(suffix)
    assert file.segmentation.labels == (PLAIN.labels[0], label, *PLAIN.labels[2:])
    assert file.tells_duration == (suffix.endswith((".TextGrid", ".json")) or "readtextgrid" in suffix)
    if file.tells_duration:
        assert file.segmentation.duration == PLAIN.duration
    has_tiers = suffix.endswith((".TextGrid", ".csv", ".eaf"))
    assert file.tier == ("phones" if has_tiers else None)
    assert file.tiers == (("words", "phones") if "readt" in suffix else ("phones",) if has_tiers else ())


@pytest.mark.parametrize("suffix", kinds())
@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_lines_may_end_in_other_ways(tmp_path: Path, suffix: str, newline: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(kinds("\x85 \u2028x")[suffix].replace("\n", newline).encode())
    read = read_reference(path)
    assert len(read) == len(PLAIN)
    assert read.labels is not None
    assert read.labels[1] in ("\x85 \u2028x", "x", "\x85_\u2028x")  # white space around labels is dropped


def test_a_lone_surrogate_is_replaced(tmp_path: Path) -> None:
    for suffix, text in kinds("\ud83d").items():
        (tmp_path / f"a{suffix}").write_bytes(text.encode("utf-8", "surrogatepass"))
        read = read_reference(tmp_path / f"a{suffix}")
        assert read.labels is not None
        assert read.labels[1] == "\ufffd", suffix


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".json", ".lab", ".eaf", ".TextGrid"])
def test_what_cannot_be_decoded_counts_and_says_why(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(codecs.BOM_UTF16_LE + kinds()[suffix].encode("utf-16-le")[:-1])
    assert is_reference(path)
    with pytest.raises(TextGridError, match=rf"a\{suffix}: is damaged.*from byte \d+ on it is not utf-16-le"):
        read_reference(path)


@pytest.mark.parametrize("content", [b"", b" \n\n", bytes(100), b"\xef\xbb\xbf"])
@pytest.mark.parametrize("suffix", READERS)
def test_an_empty_file_counts_and_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert is_reference(path) == (suffix != ".txt" or content == bytes(100))  # it may be a transcript of silence
    with pytest.raises(TextGridError, match=rf"a\{suffix}: "):
        read_reference(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "speaker,age\n1,30\n"),
        ("a.csv", "start,label\n1,30\n"),
        ("a.txt", "she had your dark suit\n"),
        ("A.TXT", "0 46797 She had your dark suit in greasy wash water all year.\n"),  # of TIMIT
        ("a.json", '{"text": "hello", "segments": [{"start": 0, "end": 1, "text": "hello"}], "duration": 1}'),
        ("a.json", "[1, 2]"),
        ("a.wav", "RIFF"),
    ],
)
def test_what_is_no_label_file_does_not_count(tmp_path: Path, name: str, content: str) -> None:
    for number, encode in enumerate(ENCODINGS.values()):
        path = tmp_path / str(number) / name
        path.parent.mkdir()
        path.write_bytes(encode(content))
        assert not is_reference(path)
    assert label_suffix(name) == (None if name == "a.wav" else Path(name).suffix.lower())


def test_a_damaged_file_that_should_be_a_label_file_counts(tmp_path: Path) -> None:
    for name, content in {
        "a.json": kinds()[".json"][:500],
        "b.csv": "start,end,label\n0,x,a\n",
        "c.txt": "0.0\t1.0\ta\n1.0\tx\tb\n",
        "d.ctm": "what",
        "e.labels.txt": "what",
    }.items():
        (tmp_path / name).write_text(content)
        assert is_reference(tmp_path / name)
        with pytest.raises(TextGridError, match=name):
            read_reference(tmp_path / name)


def test_labels_txt_is_one_suffix() -> None:
    assert label_suffix("x/a.Labels.TXT") == ".labels.txt"
    assert label_suffix("a.labels.csv") == ".csv"
    assert label_suffix(".txt") == ".txt"
    assert label_suffix("textgrid") is None
    order = (".textgrid", ".phn", ".phones", ".lab", ".eaf", ".csv", ".labels.txt", ".txt", ".ctm", ".json")
    assert tuple(READERS) == order


def test_samples_may_have_another_rate(tmp_path: Path) -> None:
    path = tmp_path / "a.phn"
    path.write_text("".join(f"{25_000 * a:.0f} {25_000 * b:.0f} {name}\n" for a, b, name in ROWS))
    assert np.abs(read_reference(path, sample_rate=25_000).boundaries - PLAIN.boundaries).max() <= 2.1e-5
    (tmp_path / "b.phn").write_text(kinds()[".cslu.phn"])
    assert read_reference(tmp_path / "b.phn", sample_rate=8_000).duration == pytest.approx(4.97)


def test_every_format_of_phonseg_reads_back(tmp_path: Path) -> None:
    for suffix in (".TextGrid", ".csv", ".json", ".ctm", ".labels.txt"):
        PLAIN.save(tmp_path / f"a{suffix}")
        assert is_reference(tmp_path / f"a{suffix}")
        read = read_reference(tmp_path / f"a{suffix}")
        assert read.boundaries.tolist() == PLAIN.boundaries.tolist(), suffix
        assert (read.labels, read.duration) == (PLAIN.labels, PLAIN.duration), suffix


def test_praats_tables_are_read_in_the_encodings_that_praat_writes(tmp_path: Path) -> None:
    grid = read_with_praat(str(DEMO))
    call(grid, "Set interval text", 1, 2, "\\shɪ\u0303")
    table = call(grid, "Down to Table", "no", 6, "yes", "yes")
    call(table, "Save as comma-separated file", str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes()[:2] in (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
    assert is_reference(tmp_path / "a.csv")
    assert read_reference(tmp_path / "a.csv").boundaries.tolist() == PLAIN.boundaries.tolist()


def emur(scale: float, header: str = "labels,start,end,session") -> str:
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    table.writerow(header.split(","))
    for a, b, name in ROWS:
        table.writerow([name, round(a * scale, 6), round(b * scale, 6), *["0000"] * (header.count(",") - 2)])
    return text.getvalue()


@pytest.mark.parametrize(
    "header",
    ["labels,start,end,session", "labels,start,end,utts,type", "labels,start,end,db_uuid,session,bundle,level,type"],
)
def test_tables_of_emur_are_in_milliseconds(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(emur(1000, header))
    with pytest.warns(PhonsegWarning, match=r"a\.csv: has the columns of emuR, so its times are read as milliseconds"):
        file = read_label_file(path)
    assert np.abs(file.segmentation.boundaries - PLAIN.boundaries).max() < 1e-9
    assert (file.segmentation.labels, file.tier, file.tells_duration) == (PLAIN.labels, None, False)
    path.write_text(emur(1, header))  # no sound is a tenth of a millisecond long: these are seconds
    assert np.abs(read_reference(path).boundaries - PLAIN.boundaries).max() < 1e-9


def test_other_tables_are_in_seconds_whatever_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(emur(1000, "label,start,end,speaker"))
    assert read_reference(tmp_path / "a.csv").duration == pytest.approx(4970.125)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".csv", "file,xmin,xmax,text\nx.wav,0,0.5,p\nx.wav,0.5,1,q\n{0},0,0.25,a\n{0},0.25,1,b\n"),
        (".csv", "labels,start,end,utts\np,0,0.5,0000:x\n a,0,0.25,0000:{0}\nb,0.25,1,0000:{0}\n"),
        (".ctm", "x 1 0 0.5 p\n{0} 1 0 0.25 a\nx 1 0.5 0.5 q\n{0} 1 0.25 0.75 b 0.9\n"),
    ],
)
def test_of_several_recordings_that_of_the_files_name_is_read(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"talk{suffix}"
    for own in ("talk", "talk.wav", "other/talk.flac"):
        path.write_text(text.format(own))
        assert list(read_reference(path).intervals()) == [(0, 0.25, "a"), (0.25, 1, "b")]
    path.write_text(text.format("y"))
    with pytest.raises(
        TextGridError, match=rf"talk\{suffix}: holds 2 recordings \(.*x.*, .*y\)\. Give a file for each"
    ):
        read_reference(path)


def test_two_channels_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ctm").write_text("x A 0 0.5 p\nx B 0 0.5 q\n")
    with pytest.raises(TextGridError, match=r"a\.ctm: holds 2 channels \(A, B\)"):
        read_reference(tmp_path / "a.ctm")


def test_a_ctm_file_may_be_in_any_order_and_names_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.ctm"
    path.write_text(";; comment\nx 1 0.5 0.25 b\nx 1 0 0.5 a 0.7 lex\n")
    assert list(read_reference(path).intervals()) == [(0, 0.5, "a"), (0.5, 0.75, "b")]
    path.write_text("x 1 0.25 0.25 b\nx 1 0 0.5 a\n")
    with pytest.raises(TextGridError, match=r"a\.ctm: line 1 \(0.25 to 0.5 s\) starts before 0.5 s"):
        read_reference(path)
    path.write_text("x 1 0.25\n")
    with pytest.raises(TextGridError, match=r"a\.ctm: line 1 is not a segment.*recording channel start duration"):
        read_reference(path)


def test_ends_in_a_ctm_file_are_no_durations(tmp_path: Path) -> None:
    path = tmp_path / "a.ctm"
    path.write_text("x 1 0.5 0.75 b\nx 1 0 0.5 a\nx 1 0.8 1 c\n")
    with pytest.raises(TextGridError, match=r"a\.ctm: gives the ends of the segments.*Subtract the starts"):
        read_reference(path)


@pytest.mark.parametrize("number", ["1_0", "1_600", "\u0661", "\uff11", "\u09e7"])
@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".phn", "0 1 a\n1 {} b\n"),
        (".phn", "MillisecondsPerFrame: 1\nEND OF HEADER\n0 {} a\n"),
        (".lab", "0 1.0 a\n1.0 {} b\n"),
        (".lab", "0 1 a\n1 {} b\n"),
        (".phones", "#\n0.5 1 a\n{} 1 b\n"),
        (".txt", "0\t1\ta\n1\t{}\tb\n"),
        (".ctm", "a 1 0 1 a\na 1 1 {} b\n"),
    ],
)
def test_only_decimal_numbers_are_times(tmp_path: Path, suffix: str, text: str, number: str) -> None:
    (tmp_path / f"a{suffix}").write_text(text.format(number), encoding="utf-8")
    with pytest.raises(TextGridError, match=r"line \d is not a segment"):
        read_reference(tmp_path / f"a{suffix}")


def test_white_space_of_any_script_may_surround_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\u30000\u3000\t\xa00.5\xa0\ta\n", encoding="utf-8")
    assert list(read_reference(tmp_path / "a.txt").intervals()) == [(0, 0.5, "a")]


@pytest.mark.parametrize("form", [long, short])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_textgrid_may_be_called_txt(tmp_path: Path, form: Callable[..., str], encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(form({"words": [(0, 1, "w")], "phones": [(0, 0.5, "a"), (0.5, 1, "b")]}), encoding=encoding)
    assert is_reference(path)
    file = read_label_file(path)
    assert (len(file.segmentation), file.tier, file.tells_duration) == (2, "phones", True)
    assert len(read_reference(path, tier="words")) == 1


def test_other_files_of_praat_are_transcripts_for_all_we_know(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('File type = "ooTextFile"\nObject class = "Pitch 1"\n\n0\n1\n')
    assert not is_reference(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("suffix", "text", "name"),
    [
        (".ctm", "talk 1 0 1 a\n", "talk"),
        (".ctm", "x/other.wav 1 0 1 a\n", "other"),
        (".ctm", "other.1 1 0 1 a\n", "other"),
        (".json", '{"recording": "x.wav", "duration": 1, "segments": [{"start": 0, "end": 1, "label": "a"}]}', "x"),
        (".json", '{"recording": 3, "duration": 1, "segments": [{"start": 0, "end": 1, "label": "a"}]}', ""),
        (".json", '{"duration": 1, "segments": [{"start": 0, "end": 1, "label": "a"}]}', ""),
        (".lab", "0 1.0 a\n", ""),
    ],
)
def test_the_recording_that_a_file_names(tmp_path: Path, suffix: str, text: str, name: str) -> None:
    (tmp_path / f"talk{suffix}").write_text(text)
    assert read_label_file(tmp_path / f"talk{suffix}").recording == name


@pytest.mark.parametrize("suffix", [".csv", ".json", ".ctm", ".eaf"])
def test_the_name_of_a_recording_reads_back(tmp_path: Path, suffix: str) -> None:
    made = Segmentation([0.5], 1.0, labels=["a", "b"], recording="folder/e\u0301t\u00e9 1.2.wav")
    made.save(tmp_path / f"\u00e9t\u00e9 1.2{suffix}")
    assert read_label_file(tmp_path / f"\u00e9t\u00e9 1.2{suffix}").recording == "\u00e9t\u00e9 1.2"
    made.save(tmp_path / f"x{suffix}")
    assert read_label_file(tmp_path / f"x{suffix}").recording.startswith("\u00e9t\u00e9")


def test_labels_at_points_are_left_out_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("0.0\t0.5\ta b\n0.25\t0.25\tclick\n0.5\t1.0\n")
    with pytest.warns(PhonsegWarning, match=r"a\.txt: labels at one point in time are left out \(line 2\)"):
        read = read_reference(path)
    assert list(read.intervals()) == [(0, 0.5, "a b"), (0.5, 1, "")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MillisecondsPerFrame: 1.0\n0 10 a\n", "its header does not end"),
        ("MillisecondsPerFrame: 0\nEND OF HEADER\n0 10 a\n", "MillisecondsPerFrame is '0'"),
        ("MillisecondsPerFrame: fast\nEND OF HEADER\n0 10 a\n", "MillisecondsPerFrame is 'fast'"),
        ("MillisecondsPerFrame: 3.0\nEND OF HEADER\n0 10 a\n10 x b\n", "line 4 is not a segment.*whole frames"),
    ],
)
def test_a_header_of_cslu_that_says_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.phn").write_text(text)
    with pytest.raises(TextGridError, match=message):
        read_reference(tmp_path / "a.phn")


def test_frames_of_cslu_may_have_any_length(tmp_path: Path) -> None:
    (tmp_path / "a.phn").write_text("MillisecondsPerFrame: 3.0\nEND OF HEADER\n0 100 a\n100 200 b c\n")
    assert list(read_reference(tmp_path / "a.phn").intervals()) == [(0, 0.3, "a"), (0.3, 0.6, "b c")]


@pytest.mark.parametrize(
    "content",
    [
        '{"duration": 1, "segments": [], "label": 0}',
        '{"duration": 1, "segments": [{"start": 0, "end": "1", "label": "a"}]}',
        '{"duration": 1, "segments": [{"start": true, "end": 1, "label": "a"}]}',
        '{"duration": 1, "segments": [7], "label": 0}',
        '{"duration": NaN, "segments": [{"start": 0, "end": 1, "label": "a"}]}',
        '{"duration": 1e999, "segments": [{"start": 0, "end": 1, "label": "a"}]}',
        '{"duration": 1, "segments": [{"start": 0, "end": 1e999, "label": "a"}]}',
        '{"duration": -1, "segments": [{"start": 0, "end": 1, "label": "a"}]}',
        '{"duration": 1, "segments": ' + "[" * 100_000,
        '{"duration": ' + "9" * 5_000 + ', "segments": [{"start": 0, "end": 1, "label": "a"}]}',
        "null",
    ],
)
def test_json_that_is_not_phonsegs_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(TextGridError, match=r"a\.json: "):
        read_reference(tmp_path / "a.json")


@pytest.mark.parametrize("start", [-2.5, 1.25])
@pytest.mark.parametrize("suffix", [".TextGrid", ".json"])
def test_where_a_recording_starts_reads_back(tmp_path: Path, start: float, suffix: str) -> None:
    made = Segmentation([start + 0.5, start + 1], 2.0, labels=["a", "", "b"], start=start)
    made.save(tmp_path / f"a{suffix}")
    read = read_reference(tmp_path / f"a{suffix}")
    assert list(read.intervals()) == list(made.intervals())
    assert (read.start, read.end) == (start, start + 2)


def test_a_start_that_is_no_time_is_refused(tmp_path: Path) -> None:
    Segmentation([0.5], 2.0, labels=["a", "b"]).save(tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text().replace('"start": 0.0,\n "duration"', '"start": 1e999,\n "duration"')
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(TextGridError, match="starts at inf s, which is no time"):
        read_reference(tmp_path / "a.json")
