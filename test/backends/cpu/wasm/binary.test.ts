import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preamble, Reader, section, sectionsOf, signed, unsigned } from '../../../../src/backends/cpu/wasm/binary.js';

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/**
 * A signed number as the specification defines it: groups of seven bits, the sign being the highest one of the last.
 */
function readSigned(bytes: readonly number[]): number {
  const value = bytes.reduce((sum, byte, i) => sum + BigInt(byte & 127) * 128n ** BigInt(i), 0n);
  return Number(BigInt.asIntN(7 * bytes.length, value));
}

describe('numbers of the binary format', () => {
  it('are read as they were written, one after the other', () => {
    fc.assert(
      fc.property(fc.array(uint32), (values) => {
        const reader = new Reader(Uint8Array.from(values.flatMap(unsigned)));
        expect(values.map(() => reader.unsigned())).toEqual(values);
        expect(reader.at).toBe(reader.bytes.length);
      }),
    );
  });

  it('take as few bytes as they can, signed ones too', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(readSigned(signed(value))).toBe(value);
        const fits = (bytes: number) => -(2 ** (7 * bytes - 1)) <= value && value < 2 ** (7 * bytes - 1);
        expect(signed(value).length).toBe([1, 2, 3, 4, 5].find(fits));
      }),
    );
    expect([unsigned(127), unsigned(128)]).toEqual([[127], [128, 1]]);
  });

  it('can be passed without being read', () => {
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
