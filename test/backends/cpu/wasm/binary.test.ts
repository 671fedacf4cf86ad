import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preamble, Reader, section, sectionsOf, signed, unsigned } from '../../../../src/backends/cpu/wasm/binary.js';

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/**
 * A signed number as the specification defines it: groups of seven bits; the highest bit of the last one is the sign.
 */
function readSigned(bytes: readonly number[]): number {
  const value = bytes.reduce((sum, byte, i) => sum + BigInt(byte & 127) * 128n ** BigInt(i), 0n);
  return Number(BigInt.asIntN(7 * bytes.length, value));
}

describe('numbers of the binary format', () => {
  it('are read in the order in which they were written', () => {
    fc.assert(
      fc.property(fc.array(uint32), (values) => {
        const reader = new Reader(Uint8Array.from(values.flatMap(unsigned)));
        expect(values.map(() => reader.unsigned())).toEqual(values);
        expect(reader.at).toBe(reader.bytes.length);
      }),
    );
  });

  it('use as few bytes as possible, signed or not', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(readSigned(signed(value))).toBe(value);
        const fits = (bytes: number) => -(2 ** (7 * bytes - 1)) <= value && value < 2 ** (7 * bytes - 1);
        expect(signed(value).length).toBe([1, 2, 3, 4, 5].find(fits));
      }),
    );
    expect([unsigned(127), unsigned(128)]).toEqual([[127], [128, 1]]);
  });

  it('can be skipped', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(uint32.map(unsigned), fc.integer().map(signed))), (numbers) => {
        const reader = new Reader(Uint8Array.from([...numbers.flat(), 42]));
        reader.skipNumbers(numbers.length);
        expect(reader.byte()).toBe(42);
      }),
    );
  });
});

it('sectionsOf finds every section and its content', () => {
  const contents = fc.array(fc.tuple(fc.nat(11), fc.array(fc.nat(255), { maxLength: 300 })));
  fc.assert(
    fc.property(contents, (list) => {
      const module = Uint8Array.from([...preamble, ...list.flatMap(([id, content]) => section(id, content))]);
      const found = sectionsOf(module).map(({ id, start, end }) => [id, [...module.subarray(start, end)]]);
      expect(found).toEqual(list);
    }),
  );
});
