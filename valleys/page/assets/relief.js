// @ts-check
/* A flooded height field on a canvas: faces from back to front, lit from the upper left; where a click lands. */

import { camera, flooded, inside } from "#terrain";

/** @typedef {import("#terrain").Point} Point */
/** @typedef {ReturnType<typeof camera>} Camera */

const LIGHT = /** @type {Point} */ ([-0.5, -0.3, 0.81]);
/** Bare ground from low to high, light enough for water of any colour to stand out. */
const [LOW, HIGH] = [[204, 210, 196], [250, 245, 234]];

/** Height of a band of colour, in units of the loss. */
export const BAND = 0.5;

/** The colour of dry ground. @param {number} height @param {number} rim @param {Point} normal */
function ground(height, rim, normal) {
  const t = Math.min(Math.max(height / rim, 0), 1);
  const light = 0.66 + 0.4 * (normal[0] * LIGHT[0] + normal[1] * LIGHT[1] + normal[2] * LIGHT[2]);
  const band = Math.floor(height / BAND) % 2 ? 0.94 : 1;
  return `rgb(${LOW.map((low, i) => Math.min(255, Math.round((low + t * (HIGH[i] - low)) * light * band))).join(",")})`;
}

/** Trace a closed outline. @param {CanvasRenderingContext2D} context @param {[number, number][]} outline */
function trace(context, outline) {
  context.beginPath();
  outline.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

/**
 * Draw one sheet.
 * @param {CanvasRenderingContext2D} context
 * @param {Point[][]} land its cells, with heights above the lowest level drawn
 * @param {Camera} view
 * @param {number} level of the water
 * @param {number} rim
 * @param {string} water its colour
 */
export function drawSheet(context, land, view, level, rim, water) {
  const faces = flooded(land, level).map((face) => ({ ...face, depth: view.depth(face.points) }));
  faces.sort((a, b) => b.depth - a.depth);
  context.lineWidth = 0.7;
  context.lineJoin = "round";
  for (const face of faces) {
    // The outside of the near wall is glass, so that the inside is seen.
    context.globalAlpha = face.water || view.facing(face.normal) ? 1 : 0.1;
    trace(context, face.points.map(view.project));
    context.fillStyle = context.strokeStyle = face.water ? water : ground(face.height, rim, view.seen(face.normal));
    context.fill();
    if (context.globalAlpha === 1) context.stroke(); // closes the hairline between two faces
  }
  context.globalAlpha = 1;
}

/**
 * The point of the sheet under the screen's (x, y), or null: the nearest cell there, and within it the point by two of its edges.
 * @param {Point[][]} land @param {Camera} view @param {number} x @param {number} y @returns {Point | null}
 */
export function pick(land, view, x, y) {
  const hit = land.filter((cell) => inside(cell.map(view.project), x, y)).sort((a, b) => view.depth(a) - view.depth(b))[0];
  if (!hit) return null;
  const [a, b, c] = [hit[0], hit[1], hit[hit.length - 1]].map((point) => ({ point, screen: view.project(point) }));
  const [ux, uy, vx, vy] = [b.screen[0] - a.screen[0], b.screen[1] - a.screen[1], c.screen[0] - a.screen[0], c.screen[1] - a.screen[1]];
  const [dx, dy, det] = [x - a.screen[0], y - a.screen[1], ux * vy - uy * vx || 1];
  const [s, t] = [(dx * vy - dy * vx) / det, (ux * dy - uy * dx) / det];
  const mix = (/** @type {number} */ i) => a.point[i] + s * (b.point[i] - a.point[i]) + t * (c.point[i] - a.point[i]);
  return [mix(0), mix(1), mix(2)];
}
