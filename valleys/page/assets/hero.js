// @ts-check
/* The first exhibit: a whole landscape, water that rises in it, and a ball that rolls. */

import { balanced, lakes, landmarks, lossAt, restOf, roll, sheet, valleySheet } from "#field";
import { clamp, short } from "#numbers";
import { BAND, drawSheet, pick } from "#relief";
import { find, line, svg, text } from "#svg";
import { camera, cells, slices } from "#terrain";

/** @typedef {import("#field").Theta} Theta */

const GRID = 56;
const LIFT = 0.85; // height of one unit of loss, in units of q
/** How each sheet is turned at first, so that the gate lies between the two bottoms. */
const FACING = [Math.PI, -Math.PI / 2];
const TURN = 0.12; // radians a key press
/** Where the button drops balls, one after the other: (q1, q2, sheet). */
const DROPS = /** @type {[number, number, number][]} */ ([[0.7, 1.4, 1], [1.2, 0.4, -1], [-0.8, -1, 1], [3, -0.5, 1], [0.4, 0.2, 1], [-1.2, 1.2, -1]]);

const canvas = /** @type {HTMLCanvasElement} */ (find("#landscape"));
const inputs = Object.fromEntries(["level", "alpha", "beta"].map((name) => [name, /** @type {HTMLInputElement} */ (find(`#hero-${name}`))]));
const state = {
  azimuth: 0.3, elevation: 0.8, level: 2.8, law: { alpha: 2, beta: 3 },
  /** @type {Theta[]} */ track: [], at: 0, drop: 0, guess: "", timer: 0,
};
/** @type {ReturnType<typeof around>[]} */
let sheets = [];

const rimOf = () => 1.6 * landmarks(state.law).gate;
const colour = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The sheets of the present law as cells; the reach is the farthest point below the rim. */
function survey() {
  const rim = rimOf();
  const reach = Math.max(state.law.alpha, state.law.beta, 0) + 2 * Math.sqrt(rim);
  const tight = reachBelow(rim, reach);
  sheets = [1, -1].map((s) => around(s, cells((x, y) => sheet(x, y, s, state.law), tight, GRID, rim).flatMap((cell) => slices(cell, BAND))));
  inputs.level.max = String(rim);
}

/** A sheet with the middle of its cells and their largest distance from it. @param {number} s @param {import("#terrain").Point[][]} land */
function around(s, land) {
  const points = land.flat();
  const centre = [0, 1, 2].map((i) => points.reduce((sum, point) => sum + point[i], 0) / points.length);
  return { s, land, centre, radius: Math.max(...points.map(([x, y]) => Math.hypot(x - centre[0], y - centre[1]))) };
}

/** The largest |q1| or |q2| at which either sheet is still below the rim. @param {number} rim @param {number} reach */
function reachBelow(rim, reach) {
  let most = 0;
  for (let i = 0; i <= 200; i += 1) {
    for (let j = 0; j <= 200; j += 1) {
      const [x, y] = [reach * (i / 100 - 1), reach * (j / 100 - 1)];
      if (Math.min(sheet(x, y, 1, state.law), sheet(x, y, -1, state.law)) <= rim) most = Math.max(most, Math.abs(x), Math.abs(y));
    }
  }
  return most + reach / 100;
}

/** The cameras of both sheets for a canvas of this size. @param {number} width @param {number} height */
function cameras(width, height) {
  const half = width / 4;
  const radius = Math.max(...sheets.map((one) => one.radius), 1);
  const scale = Math.min((1.12 * half) / radius, (0.56 * height) / (radius * 0.6 + rimOf() * LIFT * 0.3));
  return sheets.map(({ centre }, i) => camera({
    azimuth: state.azimuth + FACING[i], elevation: state.elevation, scale, lift: LIFT, centre, x: half + 2 * half * i, y: height * 0.5,
  }));
}

/** The colour of the lake on a sheet: the valley's, the good one's, or the joined one's. @param {number} s */
function lakeColour(s) {
  const joined = lakes(state.level, state.law).length === 1 && state.level >= landmarks(state.law).gate;
  return colour(!joined && valleySheet(state.law) === s ? "--valley" : "--good");
}

function draw() {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const [width, height] = [Math.max(canvas.clientWidth, 240), Math.max(canvas.clientHeight, 160)];
  Object.assign(canvas, { width: width * ratio, height: height * ratio });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  const views = cameras(width, height);
  sheets.forEach(({ s, land }, i) => drawSheet(context, land, views[i], state.level, rimOf(), lakeColour(s)));
  drawBridge(context, views);
  drawMarks(context, views);
  drawBall(context, views);
  drawTree();
  tell();
}

/** The two centres are one point; the dotted line says so. @param {CanvasRenderingContext2D} context @param {ReturnType<typeof camera>[]} views */
function drawBridge(context, views) {
  const { gate } = landmarks(state.law);
  const ends = views.map((view) => view.project([0, 0, gate]));
  context.save();
  context.strokeStyle = context.fillStyle = colour("--gate");
  context.lineWidth = 2;
  context.setLineDash([2, 5]);
  context.lineCap = "round";
  context.beginPath();
  context.moveTo(...ends[0]);
  const middle = [(ends[0][0] + ends[1][0]) / 2, Math.min(ends[0][1], ends[1][1]) - canvas.clientHeight * 0.3];
  context.quadraticCurveTo(middle[0], middle[1], ...ends[1]);
  context.stroke();
  context.setLineDash([]);
  for (const [x, y] of ends) cross(context, x, y);
  label(context, "gate: one point, drawn twice", middle[0], (middle[1] + ends[0][1]) / 2 - 8, "center");
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y */
function cross(context, x, y) {
  context.lineWidth = 2.5;
  context.beginPath();
  for (const [dx, dy] of [[5, 5], [5, -5]]) {
    context.moveTo(x - dx, y - dy);
    context.lineTo(x + dx, y + dy);
  }
  context.stroke();
}

/** Words on the canvas, with a halo. @param {CanvasRenderingContext2D} context @param {string} words @param {number} x @param {number} y @param {CanvasTextAlign} align */
function label(context, words, x, y, align) {
  context.save();
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = align;
  context.lineWidth = 4;
  context.strokeStyle = colour("--ground");
  context.strokeText(words, x, y);
  context.fillStyle = colour("--ink");
  context.fillText(words, x, y);
  context.restore();
}

/** Bottoms of both sheets and their names. @param {CanvasRenderingContext2D} context @param {ReturnType<typeof camera>[]} views */
function drawMarks(context, views) {
  const marks = landmarks(state.law);
  [marks.plus, marks.minus].forEach(({ q, level }, i) => {
    const s = sheets[i].s;
    const height = Math.max(level, state.level);
    const [x, y] = views[i].project([q[0], q[1], height]);
    const spurious = valleySheet(state.law) === s;
    context.fillStyle = colour("--ground");
    context.beginPath();
    context.arc(x, y, 4, 0, 7);
    context.fill();
    context.strokeStyle = colour("--ink");
    context.lineWidth = 1.5;
    context.stroke();
    label(context, `${spurious ? "valley" : "deepest"} ${short(level, 4)}`, x, y + 20, "center");
    label(context, s > 0 ? "output weight u > 0" : "output weight u < 0", canvas.clientWidth * (0.25 + 0.5 * i), canvas.clientHeight - 8, "center");
  });
}

/** The ball and its way. @param {CanvasRenderingContext2D} context @param {ReturnType<typeof camera>[]} views */
function drawBall(context, views) {
  if (!state.track.length) return;
  const where = (/** @type {Theta} */ theta) => {
    const i = theta[0] < 0 ? 1 : 0;
    return { i, screen: views[i].project([Math.abs(theta[0]) * theta[1], Math.abs(theta[0]) * theta[2], lossAt(theta, state.law)]) };
  };
  const way = state.track.slice(0, state.at + 1).map(where);
  context.strokeStyle = colour("--ink");
  context.lineWidth = 2;
  context.beginPath();
  way.forEach(({ i, screen }, k) => (k && way[k - 1].i === i ? context.lineTo(...screen) : context.moveTo(...screen)));
  context.stroke();
  const { screen: [x, y] } = way[way.length - 1];
  context.fillStyle = colour("--ball");
  context.beginPath();
  context.arc(x, y - 6, 7, 0, 7);
  context.fill();
  context.strokeStyle = colour("--ground");
  context.stroke();
}

/** The merge tree up to the water level: a branch a lake, joined at the gate. */
function drawTree() {
  const [width, height, top, bottom] = [170, 300, 18, 272];
  const rim = rimOf();
  const y = (/** @type {number} */ level) => bottom - ((bottom - top) * level) / rim;
  const { plus, minus, gate } = landmarks(state.law);
  const branch = (/** @type {number} */ x, /** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ kind) => line(x, y(from), x, y(Math.max(from, to)), kind);
  const [left, right, middle] = [46, 124, 85];
  const spurious = valleySheet(state.law);
  const kinds = [spurious > 0 ? "branch valley" : "branch good", spurious < 0 ? "branch valley" : "branch good"];
  const wet = Math.min(state.level, gate);
  const marks = [
    branch(left, plus.level, gate, "twig"), branch(right, minus.level, gate, "twig"), line(left, y(gate), right, y(gate), "twig"), branch(middle, gate, rim, "twig"),
    ...(state.level > plus.level ? [branch(left, plus.level, wet, kinds[0])] : []),
    ...(state.level > minus.level ? [branch(right, minus.level, wet, kinds[1])] : []),
    ...(state.level >= gate ? [line(left, y(gate), right, y(gate), "branch good"), branch(middle, gate, state.level, "branch good")] : []),
    line(8, y(state.level), width - 8, y(state.level), "water"),
    text(middle, y(gate) + (state.level < gate ? -8 : 18), `gate ${short(gate, 5)}`, "middle", "halo"),
    text(left, y(plus.level) + 16, short(plus.level, 4), "middle", "halo"), text(right, y(minus.level) + 16, short(minus.level, 4), "middle", "halo"),
    text(left, height - 2, "u > 0", "middle"), text(right, height - 2, "u < 0", "middle"),
  ];
  find("#merge-tree").replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Merge tree: lakes from ${short(plus.level, 4)} and ${short(minus.level, 4)}, joined at ${short(gate, 5)}` }, ...marks));
}

/** The state in words. */
function tell() {
  const { gate, plus, minus } = landmarks(state.law);
  const count = lakes(state.level, state.law).length;
  const valley = valleySheet(state.law);
  const words = count === 0 ? "No point is this low." : state.level >= gate ? "One lake: from every point of it a way that never leaves the water leads to the deepest point."
    : count === 1 ? "One lake, over the deepest point." : valley ? "Two lakes. One of them misses the deepest point: a spurious valley." : "Two lakes, both equally deep: no valley is spurious.";
  find("#hero-level-value").textContent = state.level.toFixed(2);
  find("#hero-alpha-value").textContent = state.law.alpha.toFixed(1);
  find("#hero-beta-value").textContent = state.law.beta.toFixed(1);
  find("#lakes").textContent = `${count} ${count === 1 ? "lake" : "lakes"}`;
  find("#lakes-told").textContent = words;
  find("#valley-told").textContent = valley === 0 ? "α = β: both bottoms are global minima, so there is no spurious valley."
    : `${valley > 0 ? "α < β" : "α > β"}: a spurious valley lies on the sheet u ${valley > 0 ? ">" : "<"} 0. Its floor is ${short(Math.max(plus.level, minus.level), 4)}, the deepest point is ${short(Math.min(plus.level, minus.level), 4)}, and every way out climbs to ${short(gate, 5)}.`;
}

/** Put a ball at q on a sheet and ask for a guess. @param {number} q1 @param {number} q2 @param {number} s */
function place(q1, q2, s) {
  clearInterval(state.timer);
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
  state.timer = setInterval(() => {
    state.at = Math.min(last, state.at + stride);
    if (state.at === last) {
      clearInterval(state.timer);
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
      survey();
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
  find("#drop").onclick = () => { place(...DROPS[state.drop]); state.drop = (state.drop + 1) % DROPS.length; };
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

export function startHero() {
  find("#hero-stage").hidden = false;
  survey();
  inputs.level.value = String(state.level);
  listen();
}
