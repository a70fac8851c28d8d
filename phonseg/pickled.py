"""What a pickle says, read without doing what it says.

A pickle is a program: Python's own `pickle` imports and calls whatever it names. Here its instructions are followed
only as far as they put numbers, texts and containers together. What it names stays a name, and what it would make by
calling something stays a note of that call. Nothing is looked up, imported or called, so nothing in a pickle can run.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

# Ten times what the checkpoint of a network takes; a file of instructions alone would keep us busy for minutes.
MOST_INSTRUCTIONS = 20_000


@dataclass(frozen=True, slots=True)
class Name:
    """Something that a pickle names, and that is not looked up."""

    module: str
    name: str


@dataclass(eq=False, slots=True)
class Call:
    """What a call would have made, had it been carried out.

    function, arguments: of the call. entries: what would have been put into the result by key. state: what would have
    been given to the result in the end, None if nothing.
    """

    function: object
    arguments: object
    entries: dict[Any, object] = field(default_factory=dict)
    state: object = None


def read_pickle(file: BinaryIO, modules: Collection[str], outside: Callable[[object], object] | None = None) -> object:
    """Read one pickle of protocol 2 to 5 from where the file stands; afterwards it stands behind the pickle.

    modules: those that the pickle may name things of. outside: what stands for an object that is kept outside the
    pickle, given what the pickle calls it; None if there are none. Returns numbers, texts, bytes, lists, tuples and
    dictionaries of these, and `Name` and `Call` where the pickle holds anything else.

    Raises ValueError, with the reason, if it names something else, or is damaged.
    """
    reading = _Reading(modules, outside)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(file)):
            if opcode.name == "STOP":
                return reading.pop()
            if opcode.name not in INSTRUCTIONS:
                raise ValueError(f"its pickle has the instruction {opcode.name}, which has no place in it")
            if count == MOST_INSTRUCTIONS:
                raise ValueError(f"its pickle has more than {MOST_INSTRUCTIONS} instructions")
            INSTRUCTIONS[opcode.name](reading, argument)
    except (AttributeError, IndexError, KeyError, TypeError, OverflowError, UnicodeError) as error:
        raise ValueError("its pickle makes no sense") from error
    raise ValueError("its pickle has no end")


class _Reading:
    """The stack and the memory that the instructions of a pickle work on."""

    def __init__(self, modules: Collection[str], outside: Callable[[object], object] | None) -> None:
        self.modules, self.outside = modules, outside
        self.stack: list[Any] = []
        self.set_aside: list[list[Any]] = []  # the stacks below each mark
        self.memory: dict[int, object] = {}

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def mark(self) -> None:
        self.set_aside.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        found, self.stack = self.stack, self.set_aside.pop()
        return found

    def remember(self, place: int) -> None:
        self.memory[place] = self.stack[-1]

    def last(self, number: int) -> tuple[Any, ...]:
        return tuple([self.pop() for _ in range(number)][::-1])

    def name(self, module: object, name: object) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise ValueError("its pickle names something that is no text")
        if module not in self.modules:
            raise ValueError(f"it names {module:.50}.{name:.50}, which has no place in it; nothing was run")
        self.push(Name(module, name))

    def append(self, values: Iterable[Any]) -> None:
        """Add values to the list on top."""
        self.stack[-1].extend(values)

    def put(self, entries: Sequence[Any]) -> None:
        """Put key, value, key, value ... into the dictionary on top."""
        top = self.stack[-1]
        held = top.entries if isinstance(top, Call) else top
        for key, value in zip(entries[::2], entries[1::2], strict=True):
            if not isinstance(key, (str, int, float, Name)):  # hashing tuples of tuples can take forever
                raise ValueError("its pickle has keys that are neither texts nor numbers")
            held[key] = value

    def build(self) -> None:
        state = self.pop()
        if isinstance(self.stack[-1], Call):
            self.stack[-1].state = state

    def fetch(self) -> None:
        if self.outside is None:
            raise ValueError("its pickle refers to something outside it")
        self.push(self.outside(self.pop()))


Instruction = Callable[[_Reading, Any], object]
_NUMBERS = ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT")
_TEXTS = ("BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES")
# By the names that Python's `pickletools` gives them, and with the argument that it reads for them.
INSTRUCTIONS: dict[str, Instruction] = {
    **dict.fromkeys(("PROTO", "FRAME"), lambda reading, argument: None),
    **dict.fromkeys(_NUMBERS + _TEXTS, _Reading.push),
    "NONE": lambda reading, _: reading.push(None),
    "NEWTRUE": lambda reading, _: reading.push(True),
    "NEWFALSE": lambda reading, _: reading.push(False),
    "EMPTY_DICT": lambda reading, _: reading.push({}),
    "EMPTY_LIST": lambda reading, _: reading.push([]),
    "EMPTY_TUPLE": lambda reading, _: reading.push(()),
    "MARK": lambda reading, _: reading.mark(),
    "TUPLE": lambda reading, _: reading.push(tuple(reading.since_mark())),
    "TUPLE1": lambda reading, _: reading.push(reading.last(1)),
    "TUPLE2": lambda reading, _: reading.push(reading.last(2)),
    "TUPLE3": lambda reading, _: reading.push(reading.last(3)),
    "APPEND": lambda reading, _: reading.append(reading.last(1)),
    "APPENDS": lambda reading, _: reading.append(reading.since_mark()),
    "SETITEM": lambda reading, _: reading.put(reading.last(2)),
    "SETITEMS": lambda reading, _: reading.put(reading.since_mark()),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda reading, place: reading.remember(place)),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda reading, place: reading.push(reading.memory[place])),
    "MEMOIZE": lambda reading, _: reading.remember(len(reading.memory)),
    "GLOBAL": lambda reading, both: reading.name(*both.split(" ", 1)),
    "STACK_GLOBAL": lambda reading, _: reading.name(*reading.last(2)),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), lambda reading, _: reading.push(Call(*reading.last(2)))),
    "BUILD": lambda reading, _: reading.build(),
    "BINPERSID": lambda reading, _: reading.fetch(),
}
