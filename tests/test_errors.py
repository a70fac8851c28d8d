"""Messages are one line, and change nothing of what stands around them."""

from __future__ import annotations

import pickle
import unicodedata

from hypothesis import given, strategies as st

from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning, printable


@given(st.text())
def test_no_control_character_is_left_and_all_else_stays(text: str) -> None:
    shown = printable(text)
    assert all(unicodedata.category(one) not in ("Cc", "Zl", "Zp") for one in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    if all(unicodedata.category(one)[0] in "LMNPSZ" for one in text):
        assert shown == text or set(text) & set("\u2028\u2029")
    assert printable(shown) == shown


def test_escapes_are_those_of_python() -> None:
    assert printable("a\0\x1b[31m\r\n\t\x7f\x9b\u202e=b") == r"a\x00\x1b[31m\r\n\t\x7f\x9b\u202e=b"
    assert printable("a\tb\nc\r", keep="\t\n") == "a\tb\nc\\r"
    assert printable("zero\u200cwidth ʃ = é \udcff") == "zero\u200cwidth ʃ = é \udcff"


def test_errors_and_warnings_are_one_line() -> None:
    for kind in (AudioError, ConfigurationError, PhonsegWarning):
        assert str(kind("a\nb.wav: is\x1b odd.")) == r"a\nb.wav: is\x1b odd."
        assert str(pickle.loads(pickle.dumps(kind("a\nb")))) == r"a\nb"
    assert str(AudioError()) == ""
