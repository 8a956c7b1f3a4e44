// @ts-check
/* The hidden units of a network: arrows where they are rows of the plane, else bars. */

import { clamp, largest, short } from "#numbers";
import { arrow, line, picture, svg, text } from "#svg";

/** @typedef {import("#curve").Tour} Tour */
/** @typedef {ReturnType<typeof unitScales>} Scales */

/** What each unit gives to the output: u_i itself for one output, the norm of its column for more. @param {Tour} tour @param {number} k */
const outputs = (tour, k) => tour.U[k][0].map((u, i) => (tour.m === 1 ? u : Math.hypot(...tour.U[k].map((row) => row[i]))));

/** The scales of a tour's units, fixed over the whole tour so that growth is seen as growth. @param {Tour} tour */
export function unitScales(tour) {
  const rows = tour.W.flat();
  return {
    u: largest(tour.U.flatMap((_, k) => outputs(tour, k)).map(Math.abs)) || 1,
    norm: largest(rows.map((row) => Math.hypot(...row))) || 1,
    w: largest(rows.flat().map(Math.abs)) || 1,
  };
}

/** The class of a unit: dead where it reaches no output, else the sign of u_i where there is one output. @param {Tour} tour @param {number} u @param {Scales} scales */
function unitKind(tour, u, scales) {
  if (Math.abs(u) < 1e-12 * scales.u) return "dead";
  return tour.m > 1 ? "plain" : u > 0 ? "plus" : "minus";
}

/** Rising numbers in short: 1–5 where none is missing, else 1,3,4. @param {number[]} units */
const together = (units) =>
  units.length > 2 && units[units.length - 1] - units[0] === units.length - 1 ? `${units[0]}–${units[units.length - 1]}` : units.join(",");

/** The rows w_i of W as numbered arrows; equal axes. @param {Tour} tour @param {number} k @param {Scales} scales @param {number} size */
function drawPlane(tour, k, scales, size) {
  const [middle, reach] = [size / 2, size / 2 - 22];
  const us = outputs(tour, k);
  const arrows = tour.W[k].flatMap(([a, b], i) => {
    const [dx, dy] = [(a * reach) / scales.norm, (-b * reach) / scales.norm];
    return arrow(middle, middle, dx, dy, unitKind(tour, us[i], scales), 1.2 + (3 * Math.abs(us[i])) / scales.u);
  });
  /** @type {{x: number, y: number, units: number[]}[]} */
  const groups = []; // units whose arrows end in one place share a label
  tour.W[k].forEach(([a, b], i) => {
    const length = Math.hypot(a, b);
    const away = reach / scales.norm + 12 / length;
    const [x, y] = length ? [middle + a * away, middle - b * away] : [middle, middle - 12];
    const near = groups.find((group) => Math.hypot(group.x - x, group.y - y) < 14);
    if (near) near.units.push(i + 1);
    else groups.push({ x, y, units: [i + 1] });
  });
  const numbers = groups.map(({ x, y, units }) => text(x, y + 4, together(units), "middle", "halo"));
  return [
    svg("circle", { cx: middle, cy: middle, r: reach, class: "faint" }),
    line(middle - reach, middle, middle + reach, middle), line(middle, middle - reach, middle, middle + reach),
    text(size, size - 2, "w₁ →", "end"), text(0, 10, "↑ w₂"), text(0, size - 2, `|w| = ${short(scales.norm, 3)}`),
    ...arrows, ...numbers,
  ];
}

/** A bar between two corners. @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} kind */
const bar = (x1, y1, x2, y2, kind) => svg("rect", {
  x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1), class: `bar ${kind}`,
});

/**
 * Bars of u_i right of `x0` and, where `rowHeight` is positive, under each the entries of w_i; scales the same both ways.
 * @param {Tour} tour @param {number} k @param {Scales} scales @param {number} x0 @param {number} width @param {number} height @param {number} rowHeight
 */
function drawBars(tour, k, scales, x0, width, height, rowHeight) {
  const us = outputs(tour, k);
  const pitch = (width - 26) / us.length;
  const [zero, first] = [tour.m === 1 ? height / 2 : height - 4, height + 22];
  const full = `full bar: u ${short(scales.u, 3)}${rowHeight ? `, w ${short(scales.w, 3)}` : ""}`;
  const names = rowHeight > 9 ? tour.W[k][0].map((_, j) => text(x0, first + (j + 1) * rowHeight - 2, `w${j + 1}`)) : [];
  const bars = us.flatMap((u, i) => {
    const middle = x0 + 26 + (i + 0.5) * pitch;
    const half = Math.min(0.3 * pitch, 14);
    const kind = unitKind(tour, u, scales);
    const entries = rowHeight ? tour.W[k][i].map((w, j) => {
      const y = first + j * rowHeight;
      const sign = kind === "dead" ? kind : w > 0 ? "plus" : "minus";
      return bar(middle, y + 1, middle + (0.46 * pitch * w) / scales.w, y + rowHeight - 1, sign);
    }) : [];
    return [
      bar(middle - half, zero, middle + half, zero - ((zero - 16) * u) / scales.u, kind),
      ...(pitch > 14 ? [text(middle, height + 12, i + 1, "middle", "")] : []),
      line(middle, first, middle, first + tour.n * rowHeight), ...entries,
    ];
  });
  return [text(x0 + width, 10, full, "end"), text(x0, zero + 4, tour.m === 1 ? "u" : "|u|"), line(x0 + 22, zero, x0 + width, zero), ...names, ...bars];
}

/** All hidden units at point k: arrows and bars where x is in the plane, else two storeys of bars. @param {Tour} tour @param {number} k @param {Scales} scales @param {number} width */
export function drawUnits(tour, k, scales, width) {
  const label = `Output weights: ${outputs(tour, k).map((u, i) => `unit ${i + 1} ${short(u, 3)}`).join(", ")}`;
  if (tour.n === 2) {
    const size = Math.min(0.58 * width, 320);
    const bars = drawBars(tour, k, scales, size + 24, Math.min(width - size - 24, 120 + 20 * tour.p), size - 18, 0);
    return picture(width, size, label, [...drawPlane(tour, k, scales, size), ...bars]);
  }
  const rowHeight = clamp(150 / tour.n, 4, 13);
  return picture(width, 146 + tour.n * rowHeight, label, drawBars(tour, k, scales, 0, width, 120, rowHeight));
}
