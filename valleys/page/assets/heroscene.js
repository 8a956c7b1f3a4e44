// @ts-check
/* What the first exhibit shows: law, water level, ball, and the two sheets as cells. */

import { landmarks, sheet } from "#field";
import { BAND } from "#relief";
import { camera, cells, slices } from "#terrain";

/** @typedef {import("#field").Theta} Theta */

const GRID = 56;
const LIFT = 0.85; // height of one unit of loss, in units of q
/** How each sheet is turned at first, so that the gate lies between the two bottoms. */
const FACING = [Math.PI, -Math.PI / 2];

export const state = {
  azimuth: 0.3, elevation: 0.8, level: 2.8, law: { alpha: 2, beta: 3 },
  /** @type {Theta[]} */ track: [], at: 0,
};
/** @type {ReturnType<typeof around>[]} */
export let sheets = [];

export const rimOf = () => 1.6 * landmarks(state.law).gate;

/** The sheets of the present law as cells; the reach is the farthest point below the rim. */
export function survey() {
  const rim = rimOf();
  const reach = Math.max(state.law.alpha, state.law.beta, 0) + 2 * Math.sqrt(rim);
  const tight = reachBelow(rim, reach);
  sheets = [1, -1].map((s) => around(s, cells((x, y) => sheet(x, y, s, state.law), tight, GRID, rim).flatMap((cell) => slices(cell, BAND))));
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
export function cameras(width, height) {
  const half = width / 4;
  const radius = Math.max(...sheets.map((one) => one.radius), 1);
  const scale = Math.min((1.12 * half) / radius, (0.56 * height) / (radius * 0.6 + rimOf() * LIFT * 0.3));
  return sheets.map(({ centre }, i) => camera({
    azimuth: state.azimuth + FACING[i], elevation: state.elevation, scale, lift: LIFT, centre, x: half + 2 * half * i, y: height * 0.5,
  }));
}

