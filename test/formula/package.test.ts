import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Formula } from '../../src/formula/formula.js';
import { resolveImport, root, sourcesUnder } from '../helpers/sources.js';

/** Every formula that the package makes while its modules load. */
const made = vi.hoisted(() => [] as Formula[]);

vi.mock(import('../../src/formula/formula.js'), async (importOriginal) => {
  const original = await importOriginal();
  const formula: typeof original.formula = (text, names) => {
    const f = original.formula(text, names);
    made.push(f as unknown as Formula);
    return f;
  };
  return { ...original, formula };
});

const makers = sourcesUnder('src').filter(({ path, text, imports }) => {
  const named = imports.some(({ specifier }) => resolveImport(path, specifier) === 'src/formula/formula.ts');
  return named && /\bformula\(/.test(text) && !path.startsWith('src/formula/');
});

describe('the formulas of the package', async () => {
  for (const { path } of makers) await import(join(root, path));

  it('are found in the modules that make them', () => {
    expect(makers.length).toBeGreaterThan(20);
    expect(made.length).toBeGreaterThan(100);
    expect(made.map(({ text }) => text)).toContain('y = tanh(x)');
  });

  it.each(made.map((f) => [f.text.trim(), f] as const))('are correct: %s', (_, f) => {
    expect(f.outputs.length).toBeGreaterThan(0);
  });
});
