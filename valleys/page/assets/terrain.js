// @ts-check
/* A height field as polygons: cut off at a rim, flooded up to a level, turned and projected. Nothing is drawn here. */

/** @typedef {[x: number, y: number, z: number]} Point */
/** @typedef {{points: Point[], water: boolean, normal: Point, height: number}} Face */

/** The part of a polygon where z <= level (`keep` = 1) or z >= level (`keep` = -1). @param {Point[]} polygon @param {number} level @param {number} keep */
export function cut(polygon, level, keep) {
  /** @type {Point[]} */
  const kept = [];
  polygon.forEach((a, i) => {
    const b = polygon[(i + 1) % polygon.length];
    const [da, db] = [keep * (level - a[2]), keep * (level - b[2])];
    if (da >= 0) kept.push(a);
    if (da * db < 0) {
      const t = da / (da - db);
      kept.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), level]);
    }
  });
  return kept.length > 2 ? kept : [];
}

/** The cells of a square grid over [-reach, reach]^2 as polygons (x, y, height), those wholly above the rim left out. */
export function cells(/** @type {(x: number, y: number) => number} */ height, /** @type {number} */ reach, /** @type {number} */ size, /** @type {number} */ rim) {
  const at = (/** @type {number} */ i) => -reach + (2 * reach * i) / size;
  const z = Array.from({ length: size + 1 }, (_, i) => Array.from({ length: size + 1 }, (_, j) => height(at(i), at(j))));
  /** @type {Point[][]} */
  const found = [];
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      /** @type {[number, number][]} */
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const cell = cut(corners.map(([a, b]) => /** @type {Point} */ ([at(a), at(b), z[a][b]])), rim, 1);
      if (cell.length) found.push(cell);
    }
  }
  return found;
}

/** A polygon in slices between multiples of `step`, so that bands of height have clean edges. @param {Point[]} polygon @param {number} step */
export function slices(polygon, step) {
  const heights = polygon.map((point) => point[2]);
  const found = [];
  for (let k = Math.floor(Math.min(...heights) / step); k * step < Math.max(...heights); k += 1) {
    const slice = cut(cut(polygon, (k + 1) * step, 1), k * step, -1);
    if (slice.length) found.push(slice);
  }
  return found;
}

/** The normal of a polygon, of length 1, upwards. @param {Point[]} points @returns {Point} */
export function normalOf(points) {
  let [nx, ny, nz] = [0, 0, 0];
  points.forEach(([ax, ay, az], i) => { // Newell's formula: good for any polygon
    const [bx, by, bz] = points[(i + 1) % points.length];
    nx += (ay - by) * (az + bz);
    ny += (az - bz) * (ax + bx);
    nz += (ax - bx) * (ay + by);
  });
  const length = Math.hypot(nx, ny, nz) * (nz < 0 ? -1 : 1) || 1;
  return [nx / length, ny / length, nz / length];
}

/** Land above the water and the water's surface, for one level. @param {Point[][]} land @param {number} level @returns {Face[]} */
export function flooded(land, level) {
  return land.flatMap((cell) => {
    const dry = cut(cell, level, -1);
    const wet = cut(cell, level, 1).map(([x, y]) => /** @type {Point} */ ([x, y, level]));
    const height = cell.reduce((sum, point) => sum + point[2], 0) / cell.length;
    const faces = [];
    if (dry.length) faces.push({ points: dry, water: false, normal: normalOf(dry), height });
    if (wet.length) faces.push({ points: wet, water: true, normal: /** @type {Point} */ ([0, 0, 1]), height: level });
    return faces;
  });
}

/**
 * An orthographic view: turned by `azimuth` about the vertical through `centre`, seen from `elevation` above the horizon.
 * @param {{azimuth: number, elevation: number, scale: number, lift: number, x: number, y: number, centre: number[]}} view
 */
export function camera({ azimuth, elevation, scale, lift, x, y, centre }) {
  const [c, s, se, ce] = [Math.cos(azimuth), Math.sin(azimuth), Math.sin(elevation), Math.cos(elevation)];
  const turn = (/** @type {number} */ px, /** @type {number} */ py) => [
    c * (px - centre[0]) - s * (py - centre[1]),
    s * (px - centre[0]) + c * (py - centre[1]),
  ];
  return {
    /** Screen coordinates. @param {Point} point @returns {[number, number]} */
    project([px, py, pz]) {
      const [across, away] = turn(px, py);
      return [x + scale * across, y - scale * (away * se + (pz - centre[2]) * lift * ce)];
    },
    /** A normal in the coordinates of the screen: across, up, towards the viewer's side of the ground. @param {Point} normal @returns {Point} */
    seen: ([nx, ny, nz]) => [c * nx - s * ny, s * nx + c * ny, nz],
    /** Whether a face shows its upper side. @param {Point} normal of the ground as drawn, unlifted */
    facing: ([nx, ny, nz]) => -(s * nx + c * ny) * ce * lift + nz * se > 0,
    /** How far away, for drawing from back to front. @param {Point[]} points */
    depth: (points) => points.reduce((sum, [px, py]) => sum + turn(px, py)[1], 0) / points.length,
  };
}

/** Whether a point of the screen lies in a polygon of it. @param {[number, number][]} polygon @param {number} x @param {number} y */
export function inside(polygon, x, y) {
  let odd = false;
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd;
  });
  return odd;
}
