// @ts-check
/* What the network says beside what it ought to say, number by number. */

import { largest, short, ticks } from "#numbers";
import { line, picture, svg, text } from "#svg";

/** @typedef {{targets: {title: string, names: string[], values: number[]}, outputs: number[][]}} Compared */

/** Targets as bars, the outputs at step k as dots. @param {Compared} tour @param {number} k @param {number} width */
export function drawTargets({ targets, outputs }, k, width) {
  const [height, top, left] = [150, 12, 40];
  const bottom = height - 24;
  const all = [...targets.values, ...outputs.flat(), 0];
  const [low, high] = [-largest(all.map((value) => -value)), largest(all)];
  const pad = 0.08 * (high - low) || 1;
  const y = (/** @type {number} */ value) => bottom - ((value - low + pad) / (high - low + 2 * pad)) * (bottom - top);
  const pitch = (width - left - 6) / targets.names.length;
  const marks = targets.names.flatMap((name, i) => {
    const middle = left + (i + 0.5) * pitch;
    const half = Math.min(0.32 * pitch, 16);
    const [wanted, given] = [targets.values[i], outputs[k][i]];
    return [
      svg("rect", { x: middle - half, width: 2 * half, y: Math.min(y(wanted), y(0)), height: Math.max(Math.abs(y(wanted) - y(0)), 1), class: "wanted" }),
      line(middle, y(wanted), middle, y(given), "gap"), svg("circle", { cx: middle, cy: y(given), r: 4.5, class: "point" }),
      ...(pitch > 9 * largest(targets.names.map((name) => name.length)) ? [text(middle, height - 6, name, "middle")] : []),
    ];
  });
  const axis = ticks(low - pad, high + pad).flatMap((value) => [line(left, y(value), width, y(value)), text(left - 6, y(value) + 4, short(value, 3), "end")]);
  const told = targets.names.map((name, i) => `${name} ${short(outputs[k][i], 3)} for ${short(targets.values[i], 3)}`).join(", ");
  return picture(width, height, `${targets.title}: ${told}`, [...axis, ...marks]);
}
