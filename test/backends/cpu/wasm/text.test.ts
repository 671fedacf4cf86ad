import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBytes } from '../../../../scripts/kernels/text.mjs';
import { kernels } from '../../../../src/backends/cpu/kernels.generated.js';
import { decodeBytes } from '../../../../src/backends/cpu/wasm/text.js';

describe('bytes as text', () => {
  it('decode to the same bytes', () => {
    const arrays = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.array(fc.nat(3)).map((values) => Uint8Array.from(values)),
    );
    fc.assert(
      fc.property(arrays, (bytes) => {
        expect(decodeBytes(encodeBytes(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(decodeBytes(encodeBytes(all))).toEqual(all);
  });

  it('consist of letters that need no escape in any kind of quotes', () => {
    const all = encodeBytes(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    expect(all.text).toMatch(/^[\x20-\x7e]+$/);
    expect(all.text).not.toMatch(/['"`\\$]/);
  });

  it('are smaller than base64 in the package', () => {
    const bytes = decodeBytes(kernels);
    expect(WebAssembly.validate(bytes.slice(0, 8))).toBe(true);
    expect(kernels.text.length).toBeLessThan(Buffer.from(bytes).toString('base64').length);
  });
});
