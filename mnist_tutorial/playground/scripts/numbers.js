/* Numbers: as a reader types them, as they are shown, as an axis counts them. Nothing
   here knows a page. */

export const inside = (value, low, high) => Math.min(Math.max(value, low), high);

// What a reader may type: 0.5, .5, -1, −1, 1/9, 1e-3, with a Chinese keyboard too.
// null if it is no number.
export function parseNumber(text) {
  const plain = text
    .normalize("NFKC")
    .replace(/[−–]/g, "-")
    .replace(/[。,]/g, ".")
    .replace(/\s/g, "");
  const number = "(?:\\d+\\.?\\d*|\\.\\d+)";
  const pattern = `^([+-]?${number}(?:e[+-]?\\d+)?)(?:/(${number}))?$`;
  const found = new RegExp(pattern, "i").exec(plain);
  const value = found ? Number(found[1]) / Number(found[2] ?? 1) : NaN;
  return Number.isFinite(value) ? value : null;
}

// 1.50, −0.33, and no −0.00.
export function fixed(value, digits = 2) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

// 0.1234, 12.3, 1.234×10⁷: as short as so many digits allow.
export function significant(value, digits = 4) {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e5))
    return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, exponent] = value
    .toExponential(digits - 1)
    .split("e")
    .map(Number);
  return `${String(mantissa).replace("-", "−")}×${powerOfTen(exponent)}`;
}

export function powerOfTen(exponent) {
  if (exponent >= -2 && exponent <= 3)
    return String(Number((10 ** exponent).toPrecision(1)));
  const raised = [...String(exponent)].map(
    (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)],
  );
  return `10${raised.join("")}`;
}

// The next of 1, 2, 5, 10, 20, … from a positive number on.
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10, 20].map((digit) => digit * power).find((nice) => nice >= value);
}

// Some values between two, round ones, each with its text: [[0, "0"], [0.5, "0.5"]].
export function ticks(low, high, most = 4) {
  const step = roundUp((high - low) / most);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return [value, significant(value)];
  });
}

// How far a colour scale for these values has to reach; never 0.
export const magnitude = (values) =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
