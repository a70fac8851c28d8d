"""The label of a phone (one of TIMIT's 61 symbols, or IPA) -> its broad class."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

VOWEL, LIQUID, NASAL, FRICATIVE = "vowel", "liquid/glide", "nasal", "fricative"
STOP, CLOSURE, AFFRICATE, SILENCE, OTHER = "stop", "closure", "affricate", "silence", "other"

Classify = Callable[[str], str]

# STOP holds the bursts of TIMIT's stops; their closures have labels of their own.
TIMIT = {
    VOWEL: "iy ih eh ey ae aa aw ay ah ao oy ow uh uw ux er ax ix axr ax-h",
    LIQUID: "l r w y el",
    NASAL: "m n ng em en eng nx",
    FRICATIVE: "s sh z zh f th v dh hh hv",
    STOP: "b d g p t k dx q",
    CLOSURE: "bcl dcl gcl pcl tcl kcl",
    AFFRICATE: "jh ch",
    SILENCE: "h# pau epi",
}
IPA = {
    VOWEL: "iyɨʉɯuɪʏʊeøɘɵɤoəɛœɜɞʌɔæɐaɶɑɒɚɝ",
    LIQUID: "lrwjɹɻɾɽɭʎʟɥɰʋʍʀʙⱱɺ",
    NASAL: "mɱnɳɲŋɴ",
    FRICATIVE: "ɸβfvθðszʃʒʂʐɕʑçʝxɣχʁħʕhɦɬɮʜʢɧ",
    STOP: "pbtdʈɖcɟkɡgqɢʔʡɓɗᶑʄɠʛʘǀǃǂǁ",
}
# Labels of silence in any alphabet.
SILENT = frozenset({"", "sil", "sp", "<sil>", "_", "#"})

TIMIT_CLASSES = {symbol: name for name, symbols in TIMIT.items() for symbol in symbols.split()}
IPA_CLASSES = {letter: name for name, letters in IPA.items() for letter in letters}


def classifier(labels: Iterable[str]) -> Classify:
    """The function from label to class for the alphabet that has more of these labels; TIMIT's if both have as many."""
    every = list(labels)
    return max((timit_class, ipa_class), key=lambda classify: sum(classify(label) != OTHER for label in every))


def timit_class(label: str) -> str:
    """The class of one of TIMIT's 61 symbols, which may be in capitals and with a digit for its stress.

    An empty label is SILENCE, any other text OTHER.
    """
    symbol = label.lower()
    return SILENCE if symbol in SILENT else TIMIT_CLASSES.get(symbol.rstrip("012"), OTHER)


def ipa_class(label: str) -> str:
    """The class of a phone in IPA; SILENCE for an empty label, OTHER for a label without an IPA letter.

    Diacritics and raised letters do not count. A label with a vowel letter is a vowel, also if it begins with a glide;
    a stop and a fricative are an affricate; otherwise the first letter decides.
    """
    if label.lower() in SILENT:
        return SILENCE
    # NFD would make ç a c with a diacritic; ʝ is of the same class and has no diacritic.
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFC", label).replace("ç", "ʝ"))
    known = [IPA_CLASSES[letter] for letter in letters if letter in IPA_CLASSES]
    if VOWEL in known:
        return VOWEL
    if known[:1] == [STOP] and FRICATIVE in known:
        return AFFRICATE
    return known[0] if known else OTHER
