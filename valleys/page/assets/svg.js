// @ts-check
/* SVG elements. Every text reaches the page as a text node, so a label can never become markup. */

/** @typedef {Record<string, string | number | boolean>} Attributes */

/** An SVG element. @param {string} tag @param {Attributes} attributes @param {(string | Element)[]} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
export const line = (x1, y1, x2, y2, kind = "faint") => svg("line", { x1, y1, x2, y2, class: kind });
/** @param {number} x @param {number} y @param {string | number} words */
export const text = (x, y, words, anchor = "start", kind = "soft") => svg("text", { x, y, "text-anchor": anchor, class: kind }, String(words));
/** @param {number} width @param {number} height @param {string} label @param {Element[]} marks */
export const picture = (width, height, label, marks) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...marks);

/**
 * An arrow; the head of a negative unit is open, so that the sign is no matter of colour alone.
 * @param {number} x @param {number} y @param {number} dx @param {number} dy @param {string} kind @param {number} weight
 */
export function arrow(x, y, dx, dy, kind, weight) {
  const length = Math.hypot(dx, dy);
  if (length < 3) return [svg("circle", { cx: x + dx, cy: y + dy, r: 3, class: kind })];
  const [ux, uy] = [dx / length, dy / length];
  const head = Math.min(7 + 1.5 * weight, length);
  const [bx, by, half] = [x + dx - head * ux, y + dy - head * uy, 0.42 * head];
  const corners = [[x + dx, y + dy], [bx - half * uy, by + half * ux], [bx + half * uy, by - half * ux]];
  const shaft = svg("line", { x1: x, y1: y, x2: bx, y2: by, class: kind, "stroke-width": weight });
  return [shaft, svg("path", { d: `M${corners.join("L")}Z`, class: `head ${kind}` })];
}

/** An HTML element with its properties. @param {string} tag @param {object} properties @returns {any} */
export const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** What the page holds: its template promises that it is there. @param {string} selector @param {ParentNode} within @returns {any} */
export const find = (selector, within = document) => within.querySelector(selector);
