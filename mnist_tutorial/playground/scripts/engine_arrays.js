/* Arrays of numbers. In JSON a kernel is
     { shape: [3, 3, 1, 32], type: "float16" or "float32", data: "…" }
   with the bytes, the lowest first, in base64. */

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

export function decode({ type, data }) {
  const { buffer } = Uint8Array.from(atob(data), (character) =>
    character.charCodeAt(0),
  );
  if (type === "float32") return new Float32Array(buffer);
  return Float32Array.from(new Uint16Array(buffer), fromFloat16);
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
