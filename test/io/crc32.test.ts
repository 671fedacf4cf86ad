import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32, plainCrc32 } from '../../src/io/node/crc32.js';

it('CRC-32 has the check value of its definition, and is the same with and without Node, in parts too', () => {
  const check = new TextEncoder().encode('123456789');
  expect([crc32(check), plainCrc32(check)]).toEqual([0xcbf43926, 0xcbf43926]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
      const sum = plainCrc32(bytes);
      expect(crc32(bytes)).toBe(sum);
      expect(crc32(new Uint8Array(0), sum)).toBe(sum);
      for (const each of [crc32, plainCrc32]) {
        expect(each(bytes.subarray(at), each(bytes.subarray(0, at)))).toBe(sum);
      }
    }),
  );
});
