import { afterEach, describe, expect, it, vi } from 'vitest';
import { isNode, nodeModule } from '../src/platform.js';

afterEach(() => vi.unstubAllGlobals());

describe('nodeModule', () => {
  it('returns built-in modules in Node', () => {
    expect(isNode).toBe(true);
    expect(nodeModule('path').join('a', 'b')).toMatch(/^a.b$/);
    expect(typeof nodeModule('fs/promises').readFile).toBe('function');
  });

  it('names the caller in the error outside Node', () => {
    vi.stubGlobal('process', undefined);
    expect(() => nodeModule('fs', 'saveCheckpoint')).toThrow('saveCheckpoint: expected Node.js 20.16');
    expect(() => nodeModule('fs')).toThrow('node:fs: expected Node.js 20.16');
  });
});
