/* Arrays of numbers. In JSON a kernel is
     { shape: [3, 3, 1, 32], type: "float16" or "float32", data: "…" }
   with the bytes, the lowest first, in base64. */

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

export function decode({ shape, type, data }) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: sizeOf(shape) }, (_, index) =>
    type === "float16"
      ? fromFloat16(view.getUint16(2 * index, true))
      : view.getFloat32(4 * index, true),
  );
}

// A sign, five bits of exponent, and ten of the fraction behind "1.", which for the
// smallest numbers is "0.".
function fromFloat16(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31; // 31 would be infinity, which is never exported
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

export function encode(values, shape) {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => view.setFloat32(4 * index, value, true));
  const characters = Array.from(new Uint8Array(view.buffer), (byte) =>
    String.fromCharCode(byte),
  );
  return { shape, type: "float32", data: btoa(characters.join("")) };
}

// Bytes from 0 to 255 become numbers from 0 to 1; other numbers stay.
export const toUnit = (pixels) =>
  pixels instanceof Uint8Array
    ? Float32Array.from(pixels, (byte) => byte / 255)
    : pixels;

// Numbers in [0, 1) that are the same for the same seed (mulberry32 by T. Ettinger).
export function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
