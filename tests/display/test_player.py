"""The page of a notebook in a real browser: what a click, the keys and the sound do. Skipped where there is none."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import RATE, speech_like

from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Turn

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1200,1000")
OFFSET = 1.0  # seconds: where the window starts
IN_TIME, MOST_LATE = 0.02, 0.5  # seconds after its end that a segment may stop, at best, and on a busy machine
LABEL = "<img src=x onerror=alert(1)>\"'&ʃ</script>"

# Everything that is played on the page, as [event, which player, second of the sound].
WATCH = """
window.told = [];
document.querySelectorAll("audio").forEach((audio, which) => ["play", "pause", "seeking"].forEach(
    (name) => audio.addEventListener(name, () => window.told.push([name, which, audio.currentTime]))));
"""

pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None,
    reason="needs Chromium and its driver (Debian: apt-get install chromium chromium-driver)",
)


@pytest.fixture(scope="module")
def segmentation() -> Segmentation:
    samples, joins = speech_like(22)
    labels = ["", *["ə"] * (len(joins) - 1), LABEL]
    return Segmentation(joins, len(samples) / RATE, labels=labels, recording=(samples, RATE))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for switch in (*SWITCHES, "--autoplay-policy=no-user-gesture-required"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(segmentation: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with two outputs, as a notebook has: one from `OFFSET` seconds on, and the whole."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    outputs = segmentation.player(OFFSET)._repr_html_(), segmentation._repr_html_()
    path.write_text(f'<!doctype html><meta charset="utf-8"><title>x</title>{"".join(outputs)}', encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(browser: Any, page: str) -> Any:
    browser.get(page)
    folded = "return [...document.querySelectorAll('audio')].every((audio) => audio.readyState >= 3)"
    wait(browser, folded)
    browser.execute_script(WATCH)
    return browser


def wait(browser: Any, condition: str, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not browser.execute_script(condition):
        assert time.monotonic() < end, f"never came true: {condition}; {browser.execute_script('return window.told')}"
        time.sleep(0.02)


def paused(browser: Any) -> float:
    """Wait until a sound has been paused; the second of the sound at which it was."""
    wait(browser, "return window.told.some((event) => event[0] === 'pause')")
    return next(float(second) for name, _, second in browser.execute_script("return window.told") if name == "pause")


def buttons(browser: Any, which: int = 0) -> list[Any]:
    from selenium.webdriver.common.by import By

    players = browser.find_elements(By.CLASS_NAME, "phonseg-player")
    return list(players[which].find_elements(By.CSS_SELECTOR, ".phonseg-segments button"))


def press(browser: Any, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def name_in_focus(browser: Any) -> str:
    return str(browser.execute_script("return document.activeElement.getAttribute('aria-label')"))


def in_window(segmentation: Segmentation, start: float) -> list[tuple[float, float]]:
    """Where in the sound every segment of the window lies."""
    edges = [(max(left, start) - start, right - start) for left, right, _ in segmentation.intervals()]
    return [(left, right) for left, right in edges if right > 0]


def test_the_page_loads_without_error_and_asks_for_nothing_outside(opened: Any) -> None:
    assert [entry for entry in opened.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    asked = (
        "return performance.getEntriesByType('resource').map((entry) => entry.name).filter((n) => !/^data:/.test(n))"
    )
    assert opened.execute_script(asked) == []
    widths = opened.execute_script("return [...document.images].map((image) => image.naturalWidth)")
    assert widths == [1100, 1100]


def test_every_segment_has_a_button_where_it_lies_in_the_picture(opened: Any, segmentation: Segmentation) -> None:
    for which, start in enumerate((OFFSET, 0.0)):
        segments = in_window(segmentation, start)
        places = opened.execute_script(
            "return arguments[0].map((b) => { const r = b.getBoundingClientRect(); return [r.left, r.right] })",
            buttons(opened, which),
        )
        assert len(places) == len(segments)
        image = opened.execute_script(
            f"const r = document.images[{which}].getBoundingClientRect(); return [r.left, r.width]"
        )
        seconds = segmentation.duration - start
        wanted = [
            [image[0] + image[1] * (0.085 + 0.89 * second / seconds) for second in segment] for segment in segments
        ]
        assert np.abs(np.array(places) - wanted).max() < 1.0  # pixels


@pytest.mark.parametrize("number", [0, 4, 11, -1])
def test_a_click_plays_the_segment_from_its_start_to_its_end(
    opened: Any, segmentation: Segmentation, number: int
) -> None:
    """It may stop late where a busy machine wakes the page late: of a few tries one is in time, and none too early."""
    start, end = in_window(segmentation, OFFSET)[number]
    stops = []
    while len(stops) < 5 and min(stops, default=9.0) > end + IN_TIME:
        opened.execute_script("window.told = []; arguments[0].click()", buttons(opened)[number])
        stops.append(paused(opened))
        told = opened.execute_script("return window.told")
        assert {which for _, which, _ in told} == {0}
        assert [name for name, _, _ in told[:3]] == ["seeking", "play", "pause"]
        assert told[0][2] == pytest.approx(start, abs=0.001)
        assert opened.execute_script("return document.querySelector('audio').currentTime") == pytest.approx(
            end, abs=0.001
        )
        assert opened.execute_script("return document.querySelectorAll('.phonseg-playing').length") == 0
    assert all(stop >= end - 0.003 for stop in stops)
    assert min(stops) <= end + IN_TIME


def test_another_click_while_a_segment_plays_plays_the_other_one(opened: Any, segmentation: Segmentation) -> None:
    _, end = in_window(segmentation, OFFSET)[9]
    opened.execute_script("arguments[0].click(); arguments[1].click()", *[buttons(opened)[i] for i in (2, 9)])
    assert end - 0.003 <= paused(opened) <= end + MOST_LATE


def test_two_outputs_on_a_page_do_not_sound_together(opened: Any) -> None:
    opened.execute_script("document.querySelectorAll('audio')[0].play()")
    wait(opened, "return document.querySelectorAll('audio')[0].currentTime > 0.05")
    buttons(opened, 1)[5].click()
    wait(opened, "return window.told.some((event) => event[0] === 'pause' && event[1] === 1)")
    told = [(name, which) for name, which, _ in opened.execute_script("return window.told") if name != "seeking"]
    assert told.index(("pause", 0)) < told.index(("pause", 1))
    assert opened.execute_script("return document.querySelectorAll('audio')[0].paused")


def test_the_sound_by_itself_plays_on_past_the_end_of_a_segment(opened: Any, segmentation: Segmentation) -> None:
    _, end = in_window(segmentation, OFFSET)[3]
    buttons(opened)[3].click()
    paused(opened)
    opened.execute_script("document.querySelector('audio').play()")
    wait(opened, f"return document.querySelector('audio').currentTime > {end + 0.3}")


def test_the_keyboard_reaches_plays_and_stops_every_segment(opened: Any, segmentation: Segmentation) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    press(opened, Keys.TAB)
    names = [button.get_attribute("aria-label") for button in buttons(opened)]
    assert name_in_focus(opened) == names[0]
    press(opened, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    assert name_in_focus(opened) == names[1]
    press(opened, Keys.END, Keys.ARROW_RIGHT)
    assert name_in_focus(opened) == names[-1]
    press(opened, Keys.HOME, *[Keys.ARROW_DOWN] * 5, Keys.ARROW_UP)
    assert name_in_focus(opened) == names[4]
    for key in (Keys.ENTER, Keys.SPACE):
        opened.execute_script("window.told = []")
        press(opened, key)
        assert paused(opened) == pytest.approx(in_window(segmentation, OFFSET)[4][1], abs=MOST_LATE)
    # Tab leaves the segments, and comes back to the one that was left.
    press(opened, Keys.TAB)
    assert name_in_focus(opened) not in names
    ActionChains(opened).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    assert name_in_focus(opened) == names[4]


def test_escape_stops(opened: Any, segmentation: Segmentation) -> None:
    from selenium.webdriver.common.keys import Keys

    segments = in_window(segmentation, OFFSET)
    longest = int(np.argmax([right - left for left, right in segments]))
    opened.execute_script("arguments[0].focus()", buttons(opened)[longest])
    press(opened, Keys.ENTER, Keys.ESCAPE)
    assert paused(opened) < segments[longest][1] - 0.02
    assert opened.execute_script("return document.querySelector('audio').paused")


def test_what_is_said_of_a_segment_is_its_number_its_label_and_its_times_and_no_label_is_html(opened: Any) -> None:
    named = [button.get_attribute("aria-label") for button in buttons(opened, 1)]
    assert named[0].startswith("segment 1, 0.000 to 0.300 s")
    assert named[1].startswith("segment 2, ə, 0.300 to ")
    assert f", {LABEL}, " in named[-1]
    told = "return [...document.querySelectorAll('.phonseg-told')].map((element) => element.textContent)"
    opened.execute_script("arguments[0].focus(); arguments[0].click()", buttons(opened, 1)[-1])
    assert opened.execute_script(told)[1] == named[-1]
    assert opened.execute_script("return document.querySelectorAll('td:last-child')")[-1].get_attribute(
        "textContent"
    ) == " ".join(LABEL.split())
    assert opened.execute_script("return document.images.length") == 2


def test_keys_are_not_those_of_the_notebook_around_it(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    opened.execute_script("window.heard = 0; document.addEventListener('keydown', () => { window.heard += 1 })")
    opened.execute_script("arguments[0].focus()", buttons(opened)[0])
    press(opened, Keys.ARROW_RIGHT, Keys.ENTER, Keys.ESCAPE)
    assert opened.execute_script("return window.heard") == 0
    assert buttons(opened)[0].find_element("xpath", "..").get_attribute("data-lm-suppress-shortcuts") == "true"


def test_an_output_that_comes_later_is_made_ready_and_the_others_are_left_alone(
    opened: Any, segmentation: Segmentation
) -> None:
    """As JupyterLab inserts outputs: as HTML, and then the scripts afresh, since those of inserted HTML never run."""
    opened.execute_script(
        "const host = document.createElement('div'); host.innerHTML = arguments[0];"
        "host.querySelectorAll('script').forEach((old) => { const made = document.createElement('script');"
        "made.textContent = old.textContent; old.replaceWith(made); }); document.body.append(host);",
        segmentation.player(0.5, 1.5)._repr_html_(),
    )
    assert opened.execute_script("return document.querySelectorAll('.phonseg-segments').length") == 3
    assert len(buttons(opened, 2)) == sum(left < 1 and right > 0 for left, right in in_window(segmentation, 0.5))


def test_without_scripts_there_is_a_picture_with_its_sound_and_nothing_that_does_nothing(
    browser: Any, segmentation: Segmentation, tmp_path: Path
) -> None:
    path = tmp_path / "static.html"
    html, _, after = segmentation._repr_html_().partition("<script>")
    path.write_text(f'<!doctype html><meta charset="utf-8">{html}{after.rpartition("</script>")[2]}', encoding="utf-8")
    browser.get(path.as_uri())
    assert buttons(browser) == []
    assert browser.execute_script("return document.images[0].naturalWidth") == 1100
    assert "Shown" in browser.execute_script("return document.body.innerText")


TURNS = Turn(0.2, 0.9, LABEL), Turn(0.6, 1.5, "speaker 2"), Turn(1.4, 1.7, LABEL)


@pytest.fixture
def opened_turns(browser: Any, segmentation: Segmentation, tmp_path: Path) -> Any:
    """A page with a diarization; two turns overlap."""
    html = Diarization(TURNS, segmentation.duration, recording=segmentation.recording)._repr_html_()
    path = tmp_path / "turns.html"
    path.write_text(f'<!doctype html><meta charset="utf-8"><title>x</title>{html}', encoding="utf-8")
    browser.get(path.as_uri())
    wait(browser, "return document.querySelector('audio').readyState >= 3")
    browser.execute_script(WATCH)
    return browser


def test_every_turn_has_a_button_over_its_bar_and_the_whole_has_one_over_the_waveform(opened_turns: Any) -> None:
    """The colour under the middle of a button is that of the speaker, though turns overlap in time."""
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(opened_turns.get_screenshot_as_png())).convert("RGB")
    places = opened_turns.execute_script(
        "return arguments[0].map((one) => { const r = one.getBoundingClientRect();"
        "return [r.left, r.top, r.width, r.height] })",
        buttons(opened_turns),
    )
    colours = [image.getpixel((left + width / 2, top + height / 2)) for left, top, width, height in places[1:]]
    blue, orange = (0, 114, 178), (230, 159, 0)
    for seen, wanted in zip(colours, (blue, orange, blue), strict=True):
        assert np.abs(np.subtract(seen, wanted)).max() < 12
    assert places[0][2] > sum(width for _, _, width, _ in places[1:]) / 2
    assert places[0][1] + places[0][3] <= min(top for _, top, _, _ in places[1:])
    under = "const r = arguments[0].getBoundingClientRect(); return document.elementFromPoint(r.left + 3, r.top + 3)"
    assert [opened_turns.execute_script(under, one) == one for one in buttons(opened_turns)] == [True] * 4


@pytest.mark.parametrize("number", [1, 2])
def test_a_click_plays_the_turn(opened_turns: Any, number: int) -> None:
    turn = TURNS[number - 1]
    buttons(opened_turns)[number].click()
    assert turn.end - 0.003 <= paused(opened_turns) <= turn.end + MOST_LATE
    assert opened_turns.execute_script("return window.told[0]")[2] == pytest.approx(turn.start, abs=0.001)


def test_a_click_on_the_number_in_the_table_plays_the_turn_too(opened_turns: Any) -> None:
    from selenium.webdriver.common.by import By

    opened_turns.execute_script("document.querySelector('details').open = true")
    numbers = opened_turns.find_elements(By.CSS_SELECTOR, "td button")
    assert [one.text for one in numbers] == ["1", "2", "3"]
    assert [one.get_attribute("aria-label") for one in numbers] == [
        one.get_attribute("aria-label") for one in buttons(opened_turns)[1:]
    ]
    numbers[2].click()
    assert opened_turns.execute_script("return document.querySelectorAll('tr.phonseg-playing td')[1].textContent")
    assert 1.7 - 0.003 <= paused(opened_turns) <= 1.7 + MOST_LATE
    wait(opened_turns, "return document.querySelectorAll('.phonseg-playing').length === 0")


def test_the_keyboard_goes_from_the_whole_to_the_turns(opened_turns: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    press(opened_turns, Keys.TAB)
    assert name_in_focus(opened_turns).startswith("all, 0 to ")
    press(opened_turns, Keys.ARROW_RIGHT)
    assert name_in_focus(opened_turns) == f"turn 1, {LABEL}, 0.200 to 0.900 s"
    press(opened_turns, Keys.ENTER, Keys.ESCAPE)
    assert paused(opened_turns) < 0.85
    assert opened_turns.execute_script("return document.images.length") == 1
    assert [entry for entry in opened_turns.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
