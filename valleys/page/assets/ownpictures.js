// @ts-check
/* The pictures of the second exhibit: fit, units, loss on the way. Handles carry data-handle, data-x, data-y. */

import { largest, short, ticks } from "#numbers";
import { arrow, line, picture, svg, text } from "#svg";

/** @typedef {import("#network").Theta} Theta */

const SIZE = 300;

/** @param {number} reach */
const scales = (reach) => ({
  x: (/** @type {number} */ value) => (SIZE * (value / reach + 1)) / 2,
  y: (/** @type {number} */ value) => (SIZE * (1 - value / reach)) / 2,
});

/** A handle that a finger can grasp. */
const handle = (/** @type {number} */ i, /** @type {number} */ cx, /** @type {number} */ cy, /** @type {number[]} */ at, /** @type {string} */ name, /** @type {string} */ kind) =>
  svg("circle", { cx, cy, r: 8, class: `handle ${kind}`, tabindex: 0, role: "button", "aria-label": `${name} at ${at.map((v) => v.toFixed(2)).join(", ")}; arrow keys move it`, "data-handle": i, "data-x": at[0], "data-y": at[1] });

/** The points, and the output of the network over the line. @param {import("#network").Sample} sample @param {(x: number) => number} phi @param {number} reach */
export function fit(sample, phi, reach) {
  const { x, y } = scales(reach);
  const height = (/** @type {number} */ value) => Math.min(Math.max(y(value), -20), SIZE + 20);
  const curve = Array.from({ length: 241 }, (_, i) => reach * (i / 120 - 1)).map((place) => `${x(place).toFixed(1)},${height(phi(place)).toFixed(2)}`);
  const gaps = sample.X.map(([place], i) => line(x(place), y(sample.y[i]), x(place), height(phi(place)), "gap"));
  const points = sample.X.map(([place], i) => handle(i, x(place), y(sample.y[i]), [place, sample.y[i]], `point ${i + 1}`, "target"));
  const axes = [line(0, y(0), SIZE, y(0)), line(x(0), 0, x(0), SIZE), text(SIZE - 4, y(0) - 4, "x", "end")];
  return picture(SIZE, SIZE, "Output of the network and the points", [...axes, ...gaps, svg("path", { d: `M${curve.join("L")}`, class: "track" }), ...points]);
}

/** The rows of W as arrows; their width is |u|, an open head means u < 0. @param {Theta} theta @param {number} reach */
export function units({ u, W }, reach) {
  const { x, y } = scales(reach);
  const most = largest(u.map(Math.abs)) || 1;
  const marks = W.flatMap(([a, b], i) => {
    const kind = Math.abs(u[i]) < 1e-12 * most || u[i] === 0 ? "dead" : u[i] > 0 ? "plus" : "minus";
    const [dx, dy] = [x(clipped(a, reach)) - x(0), y(clipped(b, reach)) - y(0)];
    return [...arrow(x(0), y(0), dx, dy, kind, 1.2 + (3 * Math.abs(u[i])) / most), handle(i, x(0) + dx, y(0) + dy, [a, b], `unit ${i + 1}, output weight ${short(u[i], 3)}`, "ghost")];
  });
  const axes = [line(0, y(0), SIZE, y(0)), line(x(0), 0, x(0), SIZE), text(SIZE - 4, y(0) - 4, "slope", "end"), text(x(0) + 4, 12, "offset")];
  return picture(SIZE, SIZE, "Hidden units as arrows", [...axes, ...marks]);
}

const clipped = (/** @type {number} */ value, /** @type {number} */ reach) => Math.min(Math.max(value, -reach), reach);

/** The loss on each way that was gone, the present one marked. @param {{kind: string, losses: number[]}[]} ways @param {string} current @param {number} time @param {number} least the height that is shown at least */
export function ways(ways, current, time, least) {
  const high = 1.06 * largest([...ways.flatMap(({ losses }) => losses), least]);
  const [left, right, top, bottom] = [44, SIZE - 6, 8, SIZE - 26];
  const x = (/** @type {number} */ t) => left + (right - left) * t;
  const y = (/** @type {number} */ value) => bottom - ((bottom - top) * value) / high;
  const curves = ways.map(({ kind, losses }) => svg("path", {
    d: `M${losses.map((value, i) => `${x(i / (losses.length - 1)).toFixed(1)},${y(value).toFixed(2)}`).join("L")}`, class: `way way-${kind}`,
  }));
  const now = ways.find(({ kind }) => kind === current);
  const point = now ? [svg("circle", { cx: x(time), cy: y(now.losses[Math.round(time * (now.losses.length - 1))]), r: 6, class: "point" })] : [];
  const axes = ticks(0, high).flatMap((value) => [line(left, y(value), right, y(value)), text(left - 5, y(value) + 4, short(value, 3), "end")]);
  const words = ways.length ? [] : [text((left + right) / 2, SIZE / 2, "choose a way below", "middle")];
  return picture(SIZE, SIZE, "Loss on the way", [...axes, text(right, SIZE - 6, "time on the way", "end"), ...words, ...curves, ...point]);
}
