import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSmallFloats, encodeSmallFloats, type SmallFloat } from '../../src/io/small-floats.js';

/** Bits of the exponent and of the fraction, the largest finite number, and a few codes with their values. */
const formats: Record<SmallFloat, { exponent: number; fraction: number; largest: number; known: [number, number][] }> =
  {
    float16: {
      exponent: 5,
      fraction: 10,
      largest: 65504,
      known: [
        [0x3c00, 1],
        [0xc000, -2],
        [0x0001, 2 ** -24],
        [0x7bff, 65504],
        [0x7c00, Infinity],
      ],
    },
    bfloat16: {
      exponent: 8,
      fraction: 7,
      largest: 255 * 2 ** 120,
      known: [
        [0x3f80, 1],
        [0xc020, -2.5],
        [0x0001, 2 ** -133],
        [0xff80, -Infinity],
      ],
    },
    float8_e4m3fn: {
      exponent: 4,
      fraction: 3,
      largest: 448,
      known: [
        [0x38, 1],
        [0x01, 2 ** -9],
        [0x7e, 448],
        [0xfe, -448],
        [0x7f, NaN],
        [0xff, NaN],
      ],
    },
    float8_e5m2: {
      exponent: 5,
      fraction: 2,
      largest: 57344,
      known: [
        [0x3c, 1],
        [0x01, 2 ** -16],
        [0x7b, 57344],
        [0xfc, -Infinity],
        [0x7d, NaN],
      ],
    },
  };

describe.each(Object.entries(formats) as [SmallFloat, (typeof formats)[SmallFloat]][])('%s', (dtype, format) => {
  const { exponent, fraction, largest, known } = format;
  const sign = 2 ** (exponent + fraction);
  const codes = sign > 128 ? new Uint16Array(2 * sign) : new Uint8Array(2 * sign);
  for (let code = 0; code < codes.length; code++) codes[code] = code;
  const values = decodeSmallFloats(dtype, codes);

  it('has the values of its definition', () => {
    for (const [code, value] of known) expect(values[code]).toBe(value);
    expect(Math.max(...values.filter(Number.isFinite))).toBe(largest);
    expect(Object.is(values[sign], -0)).toBe(true);
  });

  it('encodes each of its values as the code that it has', () => {
    const encoded = encodeSmallFloats(dtype, values);
    const numbers = Array.from(codes).filter((code) => !Number.isNaN(values[code]));
    expect(numbers.map((code) => encoded[code])).toEqual(numbers);
    expect(decodeSmallFloats(dtype, encoded)).toEqual(values);
  });

  it('rounds to the nearest of its values, ties to the even code', () => {
    // codes of positive numbers in order; beyond the largest comes the number that one more step would be
    const positive = Array.from(values.subarray(0, sign)).filter(Number.isFinite);
    const step = 2 * largest - positive[positive.length - 2] - largest;
    const ladder = [...positive, largest + step];
    const nearest = (x: number): number => {
      const size = Math.abs(x);
      const above = ladder.findIndex((value) => value >= size);
      if (above < 0) return Infinity;
      const below = Math.max(0, above - 1);
      const [down, up] = [size - ladder[below], ladder[above] - size];
      const code = down < up || (down === up && below % 2 === 0) ? below : above;
      return code === ladder.length - 1 ? Infinity : ladder[code];
    };
    const tie = fc.nat(ladder.length - 2).map((code) => (ladder[code] + ladder[code + 1]) / 2);
    const near = fc
      .tuple(tie, fc.float({ min: Math.fround(0.999), max: Math.fround(1.001), noNaN: true }))
      .map(([a, b]) => a * b);
    const number = fc.oneof(fc.float({ noNaN: true }), tie, near).map(Math.fround);
    fc.assert(
      fc.property(number, fc.boolean(), (x, negative) => {
        const [rounded] = decodeSmallFloats(dtype, encodeSmallFloats(dtype, Float32Array.of(negative ? -x : x)));
        const wanted = nearest(x);
        const overflow = dtype === 'float8_e4m3fn' ? Number.NaN : Infinity;
        expect(Math.abs(rounded)).toBe(wanted === Infinity ? overflow : wanted);
        if (rounded !== 0 && !Number.isNaN(rounded)) expect(rounded < 0).toBe((negative ? -x : x) < 0);
      }),
      { numRuns: 3000 },
    );
  });
});
