from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from phonseg.display.turns.colours import PALETTE, UNMATCHED, colours_of, reference_colours
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.turns import Turn

# How colours look to people who lack one kind of cone (Machado, Oliveira and Fernandes, 2009), for linear RGB.
SIGHTS = {
    "all cones": np.eye(3),
    "no long": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no middle": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no short": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def talk(*turns: tuple[float, float, str], duration: float = 100.0) -> Diarization:
    return Diarization(tuple(Turn(*turn) for turn in turns), duration)


def seen(colour: str, sight: object) -> NDArray[np.float64]:
    """L*, a* and b* of a colour, as somebody with this sight sees it."""
    shares = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(sight) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_people_with_any_sight_can_tell_the_colours_apart_and_from_paper(sight: str) -> None:
    """A distance of 10 is clearly visible, side by side; of two speakers, the most usual case, far more."""
    distances = {
        pair: np.linalg.norm(seen(pair[0], SIGHTS[sight]) - seen(pair[1], SIGHTS[sight]))
        for pair in combinations([*PALETTE, "#FFFFFF"], 2)
    }
    assert min(distances.values()) > 10
    assert distances[PALETTE[0], PALETTE[1]] > 70
    assert min(distance for pair, distance in distances.items() if "#FFFFFF" in pair) > 35


def test_speakers_are_coloured_in_the_order_in_which_they_first_speak() -> None:
    names = [f"speaker {i}" for i in range(1, 31)]
    colours = colours_of(talk(*[(i, i + 0.5, name) for i, name in enumerate(names)]))
    assert list(colours) == names
    assert list(colours.values())[: len(PALETTE)] == list(PALETTE)
    assert all(one != other for one, other in zip(list(colours.values())[1:], colours.values(), strict=False))


def test_a_reference_has_the_colours_and_the_order_of_whom_they_fit() -> None:
    found = talk((0, 10, "speaker 1"), (10, 20, "speaker 2"), (20, 30, "speaker 3"))
    wanted = talk((0, 1, "Cy"), (1, 9, "Ann"), (11, 19, "Bo"), (40, 50, "Dee"))
    colours = colours_of(found)
    assert list(reference_colours(found, wanted).items()) == [
        ("Ann", colours["speaker 1"]),
        ("Bo", colours["speaker 2"]),
        ("Cy", UNMATCHED),
        ("Dee", UNMATCHED),
    ]
    assert set(reference_colours(talk(), wanted).values()) == {UNMATCHED}
    assert reference_colours(found, talk()) == {}
