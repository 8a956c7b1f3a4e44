// @ts-check
/* Numbers as a reader writes them, and round ones for axes. */

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
/** @param {number[]} values */
export const largest = (values) => values.reduce((most, value) => Math.max(most, value), -Infinity);
/** @param {string} digits */
export const minus = (digits) => digits.replace("-", "−");
/** @param {string} exponent */
const raised = (exponent) => [...exponent].map((c) => "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["+-0123456789".indexOf(c)]).join("").replace("⁺", "");

/** A number to so many significant digits, powers of ten as a reader writes them. @param {number} value @param {number} digits */
export function shown(value, digits) {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 10 ** digits)) return minus(size ? value.toPrecision(digits) : "0");
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${minus(mantissa)} × 10${raised(exponent)}`;
}

/** The same without trailing zeros, for ticks and labels; three digits do before a power of ten. @param {number} value */
export function short(value, digits = 7) {
  const words = shown(value, Math.abs(value) < 1e-3 ? 3 : digits);
  return words.includes(".") ? words.replace(/\.?0+(?= |$)/, "").replace(/^1 × /, "") : words;
}

/** About four round numbers between low and high. @param {number} low @param {number} high */
export function ticks(low, high) {
  const power = 10 ** Math.floor(Math.log10((high - low) / 4));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power * 4 >= high - low) ?? 10);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1) found.push(i * step);
  return found;
}
