// @ts-check
/* The first exhibit drawn: both sheets with their water, marks, ball and words on a canvas; the merge tree beside. */

import { lakes, landmarks, lossAt, valleySheet } from "#field";
import { cameras, rimOf, sheets, state } from "#heroscene";
import { short } from "#numbers";
import { drawSheet } from "#relief";
import { find, line, svg, text } from "#svg";
import { camera } from "#terrain";

/** @typedef {import("#field").Theta} Theta */

const canvas = /** @type {HTMLCanvasElement} */ (find("#landscape"));
const colour = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour of the lake on a sheet: the valley's, the good one's, or the joined one's. @param {number} s */
function lakeColour(s) {
  const joined = lakes(state.level, state.law).length === 1 && state.level >= landmarks(state.law).gate;
  return colour(!joined && valleySheet(state.law) === s ? "--valley" : "--good");
}

export function draw() {
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
  const middle = [(ends[0][0] + ends[1][0]) / 2, Math.min(ends[0][1], ends[1][1]) - 0.45 * Math.abs(ends[1][0] - ends[0][0])];
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
    label(context, `${canvas.clientWidth < 480 ? "" : "output weight "}u ${s > 0 ? ">" : "<"} 0`, canvas.clientWidth * (0.25 + 0.5 * i), canvas.clientHeight - 8, "center");
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
  const words = count === 0 ? "No point is this low." : state.level >= gate ? "From every point of it a way that never leaves the water leads to the deepest point."
    : count === 1 ? "It lies over the deepest point." : valley ? "One of them misses the deepest point: a spurious valley." : "Both are equally deep: no valley is spurious.";
  find("#hero-level-value").textContent = state.level.toFixed(2);
  find("#hero-alpha-value").textContent = state.law.alpha.toFixed(1);
  find("#hero-beta-value").textContent = state.law.beta.toFixed(1);
  find("#lakes").textContent = `${count} ${count === 1 ? "lake" : "lakes"}`;
  find("#lakes-told").textContent = words;
  find("#valley-told").textContent = valley === 0 ? "α = β: both bottoms are global minima, so there is no spurious valley."
    : `${valley > 0 ? "α < β" : "α > β"}: a spurious valley lies on the sheet u ${valley > 0 ? ">" : "<"} 0. Its floor is ${short(Math.max(plus.level, minus.level), 4)}, the deepest point is ${short(Math.min(plus.level, minus.level), 4)}, and every way out climbs to ${short(gate, 5)}.`;
}

