// Puts a button over every segment of each picture that has no buttons yet; a click plays the segment from its start to
// its end. Segments may also be turns, each in its lane. Without this script, picture, sound and table still work. Text
// is inserted as text, never as HTML.
(() => {
  "use strict";

  const STYLE = `
    .phonseg-segments { position: absolute; }
    .phonseg-segments button { all: unset; position: absolute; cursor: pointer; }
    .phonseg-segments button:hover { background: rgba(0, 114, 178, 0.15); }
    .phonseg-segments button:focus-visible { outline: 3px solid #0072B2; outline-offset: -1px; z-index: 1; }
    .phonseg-segments button.phonseg-playing { background: rgba(213, 94, 0, 0.2); box-shadow: inset 0 0 0 2px #D55E00; }
    .phonseg-now { position: absolute; top: 0; bottom: 0; width: 1px; background: #D55E00; pointer-events: none; }
    .phonseg-player tr.phonseg-playing { background: rgba(213, 94, 0, 0.2); }
    .phonseg-row { all: unset; cursor: pointer; text-decoration: underline dotted; }
    .phonseg-row:focus-visible { outline: 3px solid #0072B2; }
    .phonseg-told { margin: 0.2em 0; min-height: 1.3em; font-size: 90%; }`;
  const KEYS = "Keys: Tab, then arrows, Home and End to move, Enter or Space to play, Escape to stop.";
  const SLACK = 0.002; // seconds: timers are not more exact

  const element = (name, parent, className) => {
    const made = document.createElement(name);
    made.className = className;
    parent.append(made);
    return made;
  };

  const prepare = (player) => {
    const audio = player.querySelector("audio");
    const picture = player.querySelector(".phonseg-picture");
    const segments = JSON.parse(player.dataset.segments);
    // Each is [first second in the sound, last second, name], and [top, height] if it is not as high as all panels.
    const [left, top, width, height] = JSON.parse(player.dataset.panels); // per cent of the picture
    const seconds = Number(player.dataset.seconds);

    element("style", player, "").textContent = STYLE;
    const bar = element("div", picture, "phonseg-segments");
    Object.assign(bar.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", player.dataset.count);
    bar.dataset.lmSuppressShortcuts = "true"; // otherwise JupyterLab handles Enter, Escape and the arrows
    player.querySelector("table").dataset.lmSuppressShortcuts = "true";
    const now = element("div", bar, "phonseg-now");
    now.hidden = true;
    const told = document.createElement("p");
    told.className = "phonseg-told";
    told.setAttribute("role", "status");
    told.textContent = `${player.dataset.hint} ${KEYS}`;
    picture.after(told);

    let playing = null; // the button whose segment is being played
    let timer = 0;

    const forget = () => {
      clearTimeout(timer);
      for (const shown of [playing, playing?.phonsegRow]) shown?.classList.remove("phonseg-playing");
      playing = null;
    };
    const watch = () => {
      clearTimeout(timer);
      now.hidden = false;
      now.style.left = `${(100 * audio.currentTime) / seconds}%`;
      const ahead = playing ? playing.phonsegEnd - audio.currentTime : Infinity;
      if (ahead <= SLACK) {
        const end = playing.phonsegEnd;
        forget();
        audio.pause();
        audio.currentTime = end;
      } else if (!audio.paused) {
        timer = setTimeout(watch, Math.min(1000 * ahead, 40));
      }
    };
    const play = (button) => {
      forget();
      playing = button;
      for (const shown of [button, button.phonsegRow]) shown?.classList.add("phonseg-playing");
      audio.currentTime = button.phonsegStart;
      told.textContent = button.title;
      audio.play().then(watch, (error) => {
        if (error.name !== "AbortError") { // AbortError: it was stopped before it began
          forget();
          told.textContent = `This browser does not play the sound (${error.name}).`;
        }
      });
    };

    const rows = player.querySelectorAll("tbody tr");
    const ready = (row, button) => { // a click on the number in the table plays the same
      if (!row) return; // what is not listed, such as the whole
      const cell = row.cells[0];
      const text = cell.textContent;
      cell.replaceChildren();
      const opener = element("button", cell, "phonseg-row");
      Object.assign(opener, { type: "button", textContent: text, title: button.title });
      opener.setAttribute("aria-label", button.title);
      opener.addEventListener("click", () => play(button));
      button.phonsegRow = row;
    };
    const buttons = segments.map(([start, end, name, top = 0, height = 100], i) => {
      const button = element("button", bar, "");
      Object.assign(button, { type: "button", title: name, tabIndex: i ? -1 : 0, phonsegStart: start, phonsegEnd: end });
      button.setAttribute("aria-label", name);
      Object.assign(button.style, { left: `${(100 * start) / seconds}%`, width: `${(100 * (end - start)) / seconds}%` });
      Object.assign(button.style, { top: `${top}%`, height: `${height}%` });
      ready(rows[i - segments.length + rows.length], button);
      button.addEventListener("click", () => { reach(button); play(button); });
      return button;
    });
    const reach = (button) => { // Tab goes to the button that was used last
      for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
      button.focus({ preventScroll: true });
      told.textContent = button.title;
    };
    const moves = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity };
    player.addEventListener("keydown", (event) => {
      const at = buttons.indexOf(event.target);
      if (event.key === "Escape") {
        forget();
        audio.pause();
      } else if (at >= 0 && event.key in moves) {
        reach(buttons[Math.max(0, Math.min(buttons.length - 1, at + moves[event.key]))]);
        event.preventDefault(); // the page does not scroll
      }
      // The notebook around it does not react to the key.
      if (at >= 0 || event.target.closest("table")) event.stopPropagation();
    });
    audio.addEventListener("play", () => {
      for (const other of document.querySelectorAll(".phonseg-player audio")) if (other !== audio) other.pause();
      watch();
    });
    audio.addEventListener("pause", () => { if (audio.paused) forget(); });
    audio.addEventListener("seeked", watch);
    audio.addEventListener("error", () => { told.textContent = "This browser does not play the sound."; });
  };

  for (const player of document.querySelectorAll(".phonseg-player")) {
    if (player.phonsegReady) continue;
    player.phonsegReady = true;
    for (const old of player.querySelectorAll(".phonseg-segments, .phonseg-told, style")) old.remove(); // a saved page
    prepare(player);
  }
})();
