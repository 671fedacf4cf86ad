/** Floating-point formats of 8 and 16 bits: bits of the exponent, bits of the fraction, and whether it has infinities. */
const formats = {
  float16: [5, 10, true],
  bfloat16: [8, 7, true],
  float8_e4m3fn: [4, 3, false],
  float8_e5m2: [5, 2, true],
} as const;

/** A floating-point format of 8 or 16 bits. */
export type SmallFloat = keyof typeof formats;

/** True for the name of such a format. */
export function isSmallFloat(dtype: string): dtype is SmallFloat {
  return Object.hasOwn(formats, dtype);
}

/**
 * A number of such a format is made of its sign, an exponent and a fraction of f bits. With a bias b = 2^(bits of the
 * exponent - 1) - 1, it is (2^f + fraction) 2^(exponent - b - f); where the exponent is 0, fraction 2^(1 - b - f). The
 * codes of positive numbers are in their order, and the last ones are infinity and NaN.
 */
function codesOf(dtype: SmallFloat) {
  const [exponentBits, f, infinite] = formats[dtype];
  const sign = 1 << (exponentBits + f);
  const infinity = sign - (1 << f);
  const nan = infinite ? infinity + (1 << (f - 1)) : sign - 1;
  return { f, least: 2 - 2 ** (exponentBits - 1), sign, nan, overflow: infinite ? infinity : nan };
}

const tables = new Map<SmallFloat, Float32Array>();

/** The value of every code of a format. */
function tableOf(dtype: SmallFloat): Float32Array {
  let table = tables.get(dtype);
  if (!table) {
    const { f, least, sign, nan, overflow } = codesOf(dtype);
    table = Float32Array.from({ length: 2 * sign }, (_, code) => {
      const size = code % sign;
      const field = size >> f;
      const value = ((size % (1 << f)) + (field > 0 ? 1 << f : 0)) * 2 ** (least + Math.max(0, field - 1) - f);
      const magnitude =
        size < overflow ? value : size < nan && size === overflow ? Number.POSITIVE_INFINITY : Number.NaN;
      return code < sign ? magnitude : -magnitude;
    });
    tables.set(dtype, table);
  }
  return table;
}

/** Returns the numbers with the given codes. */
export function decodeSmallFloats(dtype: SmallFloat, codes: Uint8Array | Uint16Array): Float32Array {
  const table = tableOf(dtype);
  const values = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = table[codes[i]];
  return values;
}

/** Adding and subtracting it rounds a small positive double to an integer, ties to even. */
const rounder = 2 ** 52;

/**
 * Returns the codes of the numbers nearest to `values`, ties to even. What is too large becomes infinity, and NaN in
 * formats without infinities, as in PyTorch.
 */
export function encodeSmallFloats(dtype: SmallFloat, values: Float32Array): Uint8Array | Uint16Array {
  const { f, least, sign, nan, overflow } = codesOf(dtype);
  const codes = sign > 128 ? new Uint16Array(values.length) : new Uint8Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  // for each exponent of a float32: the exponent of the result, unless rounding increases it
  const exponents = Int32Array.from({ length: 256 }, (_, field) => Math.max(least, field - 127));
  const scales = Float64Array.from(exponents, (exponent) => 2 ** (f - exponent));
  for (let i = 0; i < values.length; i++) {
    const field = (bits[i] >>> 23) & 255;
    const steps = Math.abs(values[i]) * scales[field] + rounder - rounder;
    const code = Math.min(steps + (exponents[field] - least) * 2 ** f, overflow);
    codes[i] = (code >= 0 ? code : nan) + (bits[i] >>> 31) * sign;
  }
  return codes;
}
