// @ts-check
/* The second exhibit: points and units to drag, three ways down, and Theorem 8's construction at work. */

import { descend, dimension, judge, riseAlong } from "#descent";
import { between, gradient, loss, output, train } from "#network";
import { clamp, short } from "#numbers";
import { ways as drawWays, fit, units } from "#ownpictures";
import { find, make } from "#svg";

/** @typedef {import("#network").Theta} Theta */
/** @typedef {import("#network").Sample} Sample */
/** @typedef {{points: Theta[], at: (t: number) => Theta, losses: number[], rise: number, note: string}} Way */

const WAYS = /** @type {const} */ ({ descent: "gradient descent", straight: "straight line", certified: "certified path" });
const REACH = 2.4;
const SAMPLES = 400;
const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (find(`#own-${name}`));
const state = {
  /** @type {Sample} */ sample: { X: [], y: [] },
  /** @type {Theta} */ start: { u: [], W: [] },
  /** @type {Theta} */ theta: { u: [], W: [] },
  /** @type {Partial<Record<keyof typeof WAYS, Way>>} */ ways: {},
  /** @type {keyof typeof WAYS | ""} */ current: "", seed: 11, frame: 0,
};

/** Numbers in [-1, 1], the same for the same seed (a linear congruence). */
function drawn() {
  state.seed = (state.seed * 16807) % 2147483647;
  return (2 * state.seed) / 2147483647 - 1;
}

/** Equally spaced inputs (x, 1) with targets that go up and down. @param {number} count */
function newSample(count) {
  const x = Array.from({ length: count }, (_, i) => -2 + (4 * i) / Math.max(count - 1, 1));
  state.sample = { X: x.map((value) => [value, 1]), y: x.map((_, i) => (i % 2 ? -1 : 1) * (0.4 + 0.6 * Math.abs(drawn()))) };
}

/** A random network of this width. @param {number} width */
function newStart(width) {
  const row = () => { const angle = Math.PI * drawn(); return [Math.cos(angle), Math.sin(angle)].map((x) => x * (0.6 + 0.4 * Math.abs(drawn()))); };
  begin({ u: Array.from({ length: width }, drawn), W: Array.from({ length: width }, row) });
}

/** A network to start from; the ways of another one are gone. @param {Theta} theta */
function begin(theta) {
  cancelAnimationFrame(state.frame);
  Object.assign(state, { start: theta, theta, ways: {}, current: "" });
  input("time").value = "0";
  say("");
  draw();
}

const say = (/** @type {string} */ words) => { find("#own-told").textContent = words; };

/** A polygon in parameter space at t, each leg taking the same time. @param {Theta[]} knots @param {number} t */
function along(knots, t) {
  const place = clamp(t, 0, 1) * (knots.length - 1);
  const leg = Math.min(Math.floor(place), knots.length - 2);
  return leg < 0 ? knots[0] : between(knots[leg], knots[leg + 1], place - leg);
}

/** @param {Theta[]} knots @param {number} rise @param {string} note @returns {Way} */
function wayOf(knots, rise, note) {
  const at = (/** @type {number} */ t) => along(knots, t);
  const losses = Array.from({ length: SAMPLES + 1 }, (_, i) => loss(at(i / SAMPLES), state.sample));
  return { points: knots, at, losses, rise, note };
}

/** The three ways from the present start; null where the width is below dim*. @param {keyof typeof WAYS} kind @returns {Way | null} */
function wayBy(kind) {
  const { start, sample } = state;
  if (kind === "descent") {
    const track = train(start, sample);
    const end = track[track.length - 1];
    const g = gradient(end, sample);
    const stands = Math.hypot(...g.u, ...g.W.flat()) < 1e-5;
    const note = loss(end, sample) < 1e-8 ? "It found the minimum." : stands ? "It stands still above the minimum." : "It is not there after 2000 steps.";
    return wayOf(track, riseAlong(track.map((theta) => loss(theta, sample))), note);
  }
  const q = dimension(sample);
  if (start.u.length < q) {
    say(`Not with ${start.u.length} units: ${q} would do, one for each point (dim* = ${q}).`);
    return null;
  }
  const { knots } = descend(start, sample);
  if (kind === "certified") return wayOf(knots, judge(knots, sample), `${knots.length - 1} straight ${knots.length === 2 ? "leg" : "legs"}; by the judge the loss never rises.`);
  const straight = [start, knots[knots.length - 1]];
  return wayOf(straight, judge(straight, sample), "The same end, taken straight.");
}

/** Go one of the ways. @param {keyof typeof WAYS} kind */
function go(kind) {
  const way = state.ways[kind] ?? wayBy(kind);
  if (!way) return;
  state.ways[kind] = way;
  state.current = kind;
  say(way.note);
  cancelAnimationFrame(state.frame);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return showAt(1);
  const began = performance.now();
  const tick = (/** @type {number} */ now) => {
    const t = Math.min(1, (now - began) / 3500);
    showAt(t);
    if (t < 1) state.frame = requestAnimationFrame(tick);
  };
  state.frame = requestAnimationFrame(tick);
}

/** The network at time t of the present way. @param {number} t */
function showAt(t) {
  const way = state.current && state.ways[state.current];
  state.theta = way ? way.at(t) : state.start;
  input("time").value = String(t);
  draw();
}

function draw() {
  const { sample, theta, ways, current } = state;
  const time = Number(input("time").value);
  find("#own-fit").replaceChildren(fit(sample, (x) => output(theta, [x, 1]), REACH));
  find("#own-units").replaceChildren(units(theta, REACH));
  find("#own-loss").replaceChildren(drawWays(Object.entries(ways).map(([kind, way]) => ({ kind, losses: way.losses })), current, time, 2 * loss(state.start, sample)));
  find("#own-now").textContent = short(loss(theta, sample), 4);
  find("#own-points-value").textContent = String(sample.y.length);
  find("#own-width-value").textContent = String(theta.u.length);
  find("#own-time-value").textContent = time.toFixed(2);
  find(".ways").hidden = !current;
  find("#own-ways").replaceChildren(...Object.entries(ways).map(([kind, way]) => {
    const row = make("tr", { className: `way-${kind}` });
    const cells = [WAYS[/** @type {keyof typeof WAYS} */ (kind)], way.rise < 1e-12 * way.losses[0] ? "0" : short(way.rise, 3), short(way.losses[SAMPLES], 3)];
    row.append(...cells.map((words, i) => make(i ? "td" : "th", { textContent: words })));
    return row;
  }));
}

/** Drag handles of a picture: `move` gets the handle's number and the place in the picture's own units. @param {string} place @param {(i: number, x: number, y: number) => void} move */
function draggable(place, move) {
  const stage = find(place);
  let held = -1;
  stage.onpointerdown = (/** @type {PointerEvent} */ event) => {
    const handle = /** @type {Element} */ (event.target).closest("[data-handle]");
    if (!handle) return;
    held = Number(handle.getAttribute("data-handle"));
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  stage.onpointermove = (/** @type {PointerEvent} */ event) => {
    if (held < 0) return;
    const box = stage.firstElementChild.getBoundingClientRect();
    move(held, REACH * ((2 * (event.clientX - box.left)) / box.width - 1), REACH * (1 - (2 * (event.clientY - box.top)) / box.height));
  };
  stage.onpointerup = stage.onpointercancel = () => { held = -1; };
  stage.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const handle = /** @type {Element} */ (event.target).closest("[data-handle]");
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (!handle || (!dx && !dy)) return;
    event.preventDefault();
    const i = Number(handle.getAttribute("data-handle"));
    const [x, y] = ["x", "y"].map((name) => Number(handle.getAttribute(`data-${name}`)));
    move(i, x + 0.1 * dx, y + 0.1 * dy);
    /** @type {HTMLElement} */ (find(`${place} [data-handle="${i}"]`)).focus();
  };
}

/** A point may not pass its neighbours: distinct inputs are what dim* counts. @param {number} i @param {number} x @param {number} y */
function movePoint(i, x, y) {
  const { X, y: targets } = state.sample;
  const low = i ? X[i - 1][0] + 0.05 : -REACH;
  const high = i + 1 < X.length ? X[i + 1][0] - 0.05 : REACH;
  state.sample = {
    X: X.map((row, j) => (j === i ? [clamp(x, low, high), 1] : row)),
    y: targets.map((old, j) => (j === i ? clamp(y, -REACH, REACH) : old)),
  };
  begin(state.theta);
}

/** @param {number} i @param {number} a @param {number} b */
const moveUnit = (i, a, b) => begin({ u: state.theta.u, W: state.theta.W.map((row, j) => (j === i ? [a, b] : row)) });

export function startOwn() {
  find("#own-stage").hidden = false;
  newSample(Number(input("points").value));
  newStart(Number(input("width").value));
  draggable("#own-fit", movePoint);
  draggable("#own-units", moveUnit);
  input("points").oninput = () => { newSample(Number(input("points").value)); begin(state.start); };
  input("width").oninput = () => newStart(Number(input("width").value));
  input("time").oninput = () => { cancelAnimationFrame(state.frame); showAt(Number(input("time").value)); };
  find("#own-start").onclick = () => newStart(state.start.u.length);
  for (const button of document.querySelectorAll("#own [data-way]")) {
    const kind = /** @type {keyof typeof WAYS} */ (/** @type {HTMLElement} */ (button).dataset.way);
    /** @type {HTMLElement} */ (button).onclick = () => go(kind);
  }
}
