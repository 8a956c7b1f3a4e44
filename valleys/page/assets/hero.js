// @ts-check
/* The first exhibit: a whole landscape, water that rises in it, and a ball that rolls. */

import { balanced, lossAt, restOf, roll, valleySheet } from "#field";
import { cameras, rimOf, sheets, state, survey } from "#heroscene";
import { draw } from "#heroview";
import { clamp, short } from "#numbers";
import { pick } from "#relief";
import { find } from "#svg";

const TURN = 0.12; // radians a key press
/** Where the button drops balls, one after the other: (q1, q2, sheet). */
const DROPS = /** @type {[number, number, number][]} */ ([[0.7, 1.4, 1], [1.2, 0.4, -1], [-0.8, -1, 1], [3, -0.5, 1], [0.4, 0.2, 1], [-1.2, 1.2, -1]]);

/** The next drop of the button, and the clock of a rolling ball. */
const moving = { drop: 0, timer: 0 };
const canvas = /** @type {HTMLCanvasElement} */ (find("#landscape"));
const inputs = Object.fromEntries(["level", "alpha", "beta"].map((name) => [name, /** @type {HTMLInputElement} */ (find(`#hero-${name}`))]));
/** Put a ball at q on a sheet and ask for a guess. @param {number} q1 @param {number} q2 @param {number} s */
function place(q1, q2, s) {
  clearInterval(moving.timer);
  state.track = [balanced(q1, q2, s)];
  state.at = 0;
  find("#guesses").hidden = false;
  find("#ball-told").textContent = `A ball at loss ${short(lossAt(state.track[0], state.law), 4)}. Where will gradient descent take it?`;
  draw();
}

/** Let it roll, and hold the guess against the end. @param {string} guess */
function go(guess) {
  state.track = roll(state.track[0], state.law, 0.05, 1e-7, 4000);
  find("#guesses").hidden = true;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const last = state.track.length - 1;
  const stride = calm ? last : Math.max(1, Math.ceil(last / 90));
  moving.timer = setInterval(() => {
    state.at = Math.min(last, state.at + stride);
    if (state.at === last) {
      clearInterval(moving.timer);
      finish(guess);
    }
    draw();
  }, 16);
}

/** @param {string} guess */
function finish(guess) {
  const end = state.track[state.track.length - 1];
  const rest = restOf(end, state.law);
  const valley = valleySheet(state.law) > 0 ? "plus" : "minus";
  const met = rest === "gate" ? "gate" : rest === valley && valleySheet(state.law) ? "valley" : "deepest";
  const place = { gate: "It creeps towards the gate, where the gradient is zero", valley: "It ends in the spurious valley", deepest: "It ends at the deepest point" }[met];
  find("#ball-told").textContent = `${guess ? (guess === met ? "Right. " : "Not so. ") : ""}${place}: loss ${short(lossAt(end, state.law), 5)}.`;
}

function listen() {
  inputs.level.oninput = () => { state.level = Number(inputs.level.value); draw(); };
  for (const name of /** @type {const} */ (["alpha", "beta"])) {
    inputs[name].oninput = () => {
      state.law = { ...state.law, [name]: Number(inputs[name].value) };
      state.track = [];
      find("#guesses").hidden = true;
      find("#ball-told").textContent = "";
      measure();
      state.level = clamp(state.level, 0, rimOf());
      inputs.level.value = String(state.level);
      draw();
    };
  }
  /** @type {{x: number, y: number, azimuth: number, elevation: number, moved: boolean} | null} */
  let held = null;
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    held = { x: event.clientX, y: event.clientY, azimuth: state.azimuth, elevation: state.elevation, moved: false };
  };
  canvas.onpointermove = (event) => {
    if (!held) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (Math.hypot(dx, dy) > 4) held.moved = true;
    if (held.moved) turnTo(held.azimuth - dx / 120, held.elevation + dy / 160);
  };
  canvas.onpointerup = (event) => {
    const box = canvas.getBoundingClientRect();
    if (held && !held.moved) dropAt(event.clientX - box.left, event.clientY - box.top);
    held = null;
  };
  canvas.onpointercancel = () => { held = null; };
  canvas.onkeydown = (event) => {
    const [turn, tilt] = { ArrowLeft: [TURN, 0], ArrowRight: [-TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN] }[event.key] ?? [0, 0];
    if (!turn && !tilt) return;
    event.preventDefault();
    turnTo(state.azimuth + turn, state.elevation - tilt);
  };
  find("#drop").onclick = () => { place(...DROPS[moving.drop]); moving.drop = (moving.drop + 1) % DROPS.length; };
  for (const button of document.querySelectorAll("#guesses button")) {
    /** @type {HTMLButtonElement} */ (button).onclick = () => go(/** @type {HTMLElement} */ (button).dataset.guess ?? "");
  }
  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

/** @param {number} azimuth @param {number} elevation */
function turnTo(azimuth, elevation) {
  Object.assign(state, { azimuth, elevation: clamp(elevation, 0.25, 1.5) });
  draw();
}

/** A ball where the screen was clicked. @param {number} x @param {number} y */
function dropAt(x, y) {
  const views = cameras(canvas.clientWidth, canvas.clientHeight);
  sheets.forEach(({ s, land }, i) => {
    const point = pick(land, views[i], x, y);
    if (point) place(point[0], point[1], s);
  });
}

/** The sheets of the present law; the water may rise to their rim. */
function measure() {
  survey();
  inputs.level.max = String(rimOf());
}

export function startHero() {
  find("#hero-stage").hidden = false;
  measure();
  inputs.level.value = String(state.level);
  listen();
}
