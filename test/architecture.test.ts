import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { longParameterLists } from './helpers/parameter-lists.js';
import {
  importsOf,
  pathsUnder,
  resolveImport,
  root,
  type Source,
  sourcesUnder,
  withoutComments,
} from './helpers/sources.js';

const sources = sourcesUnder('src');

/**
 * The entry points of the package and the setup that they import, which may import every layer and are imported by
 * none.
 */
const isTop = (path: string) => ['src/index.ts', 'src/setup.ts'].includes(path) || path.startsWith('src/entries/');

/** The layers that each layer may import, in addition to itself and the modules at the root. */
const layers: Record<string, string[]> = {
  'src/formula': [],
  'src/tensor': ['src/formula'],
  'src/backends/reference': ['src/tensor', 'src/formula'],
  'src/backends/cpu': ['src/tensor', 'src/formula'],
  'src/backends/gpu': ['src/tensor', 'src/formula'],
  'src/autograd': ['src/tensor', 'src/formula'],
  'src/nn': ['src/autograd', 'src/tensor', 'src/formula'],
  'src/optim': ['src/autograd', 'src/tensor', 'src/formula'],
  'src/data': ['src/io', 'src/autograd', 'src/tensor'],
  'src/io': ['src/autograd', 'src/tensor'],
  'src/onnx': ['src/nn', 'src/io', 'src/autograd', 'src/tensor', 'src/formula'],
};

/** Modules that every layer may import. */
const base = ['src/dtype.ts', 'src/errors.ts', 'src/platform.ts'];

/** The layer of a source: the longest folder of the table that contains it. */
function layerOf(path: string): string | undefined {
  const holding = Object.keys(layers).filter((layer) => path.startsWith(`${layer}/`));
  return holding.sort((a, b) => b.length - a.length)[0];
}

/** The cycles among the imports, one for each import that closes a cycle, as the path walked. */
function findCycles(files: Pick<Source, 'path' | 'imports'>[]): string[] {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.map((i) => resolveImport(path, i.specifier))]));
  const done = new Set<string>();
  const cycles = new Set<string>();
  const walk = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.add([...trail.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) if (next !== undefined) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return [...cycles];
}

/** The exported declarations of a source without a doc comment. */
function undocumented(text: string): string[] {
  const lines = text.split('\n');
  const code = withoutComments(text).split('\n');
  const missing: string[] = [];
  const seen = new Set<string>();
  const check = (name: string, line: number) => {
    // Of an overloaded function only the first signature carries the comment.
    if (!seen.has(name) && !/\*\/\s*$/.test(lines[line - 1] ?? '')) missing.push(name);
    seen.add(name);
  };
  const declaration =
    /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|\* as) (\w+)/;
  code.forEach((line, index) => {
    const name = declaration.exec(line)?.[1];
    if (name !== undefined) check(name, index);
  });
  // `export { a, b as c };` without `from`: the comment belongs to the declaration above.
  for (const list of code.join('\n').matchAll(/^export (?:type )?\{([^}]*)\};?$/gm)) {
    for (const item of list[1].split(',').filter((entry) => entry.trim() !== '')) {
      const local = item
        .trim()
        .replace(/^type /, '')
        .split(/\s+as\s+/)[0];
      const opening = new RegExp(`^(?:abstract |async )*(?:function\\*?|class|const|let|interface|type) ${local}\\b`);
      const at = code.findIndex((line) => opening.test(line));
      if (at >= 0) check(local, at);
    }
  }
  return missing;
}

describe('the imports of src', () => {
  it('are read from every form of import', () => {
    const text = `import type { A } from './a.js';\nimport {\n  b,\n  c,\n} from './b.js';\nimport './c.js';\n
export * as d from './d.js';\nexport { e } from './e.js';\nconst f = await import('./f.js');\n// import './g.js';
let h: typeof import('./h.js');\nexport const i = 'from';\nconst j = './j.js';\nexport type { K } from './k.js';`;
    expect(importsOf(text)).toEqual([
      { specifier: './a.js', typeOnly: true },
      { specifier: './b.js', typeOnly: false },
      { specifier: './c.js', typeOnly: false },
      { specifier: './d.js', typeOnly: false },
      { specifier: './e.js', typeOnly: false },
      { specifier: './k.js', typeOnly: true },
      { specifier: './f.js', typeOnly: false },
      { specifier: './h.js', typeOnly: true },
    ]);
  });

  it('point downwards through the layers', () => {
    const upwards = sources.flatMap(({ path, imports }) => {
      const from = layerOf(path);
      if (isTop(path) || base.includes(path)) return [];
      return imports.flatMap(({ specifier }) => {
        const target = resolveImport(path, specifier);
        if (target === undefined || base.includes(target)) return [];
        const to = layerOf(target);
        const allowed = to !== undefined && from !== undefined && (to === from || layers[from].includes(to));
        return allowed ? [] : [`${path} -> ${target}`];
      });
    });
    expect(upwards).toEqual([]);
  });

  it('form no cycle, type imports included', () => {
    expect(findCycles(sources)).toEqual([]);
    const on = (path: string, ...specifiers: string[]) => ({
      path,
      imports: specifiers.map((specifier) => ({ specifier, typeOnly: true })),
    });
    expect(findCycles([on('src/a.ts', './b.js'), on('src/b.ts', './c/d.js'), on('src/c/d.ts', '../b.js')])).toEqual([
      'src/b.ts -> src/c/d.ts -> src/b.ts',
    ]);
  });

  it('name files that exist', () => {
    const known = new Set(sources.map(({ path }) => path));
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .map(({ specifier }) => resolveImport(path, specifier))
        .filter((target) => target !== undefined && !target.endsWith('.generated.ts') && !known.has(target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it("reach Node's modules only through src/platform.ts", () => {
    const direct = sources.flatMap(({ path, imports }) =>
      imports.filter((i) => i.specifier.startsWith('node:') && !i.typeOnly).map((i) => `${path} -> ${i.specifier}`),
    );
    expect(direct).toEqual([]);
  });

  it('name packages that package.json declares, some only in the part that needs them', () => {
    const declared = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const known = { ...declared.dependencies, ...declared.peerDependencies };
    const homes: Record<string, RegExp> = {
      'gpu.js': /^src\/(backends\/gpu\/|entries\/gpu\.ts$)/,
      '@bufbuild/protobuf': /^src\/onnx\/proto\//,
    };
    const odd = sources.flatMap(({ path, imports }) =>
      imports
        .map(({ specifier }) => specifier)
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
        .filter((name) => !(name in known) || (name in homes && !homes[name].test(path)))
        .map((name) => `${path} -> ${name}`),
    );
    expect(odd).toEqual([]);
  });

  it('leave reads and writes of device memory to tensor and the backends', () => {
    const direct = sources.flatMap(({ path, text }) =>
      /^src\/(tensor|backends)\//.test(path) ||
      !/backend\??\.(write|read|readSync)\??\.?\(/i.test(withoutComments(text))
        ? []
        : [path],
    );
    expect(direct).toEqual([]);
  });

  it('for side effects only name files that package.json lists, because bundlers drop other files', () => {
    const bare = sources.flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(/^import '([^']+)';/gm)].map(([, specifier]) =>
        resolveImport(path, specifier),
      ),
    );
    const { sideEffects } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect([...new Set(bare)].filter((path) => !sideEffects.includes(`./${path}`))).toEqual([]);
    expect(bare).toContain('src/setup.ts');
  });

  it('of examples and benchmarks use public names only', () => {
    // finds the browser, for tests and benchmarks
    const outside = /^(examples\/|bench\/|test\/helpers\/chromium\.ts$)/;
    const inside = [...sourcesUnder('examples'), ...sourcesUnder('bench')].flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => !outside.test(resolveImport(path, specifier) ?? 'bench/'))
        .map(({ specifier }) => `${path} -> ${specifier}`),
    );
    expect(inside).toEqual([]);
  });
});

describe('every file of src', () => {
  const linesOf = (path: string) => readFileSync(join(root, path), 'utf8').split('\n').length - 1;
  const paths = pathsUnder('src');

  it('has at most 250 lines', () => {
    const long = paths.filter((path) => linesOf(path) > 250);
    expect(long).toEqual([]);
  });

  it('is in a folder of at most 16 files', () => {
    const names = paths.map(dirname);
    expect([...new Set(names)].filter((folder) => names.filter((name) => name === folder).length > 16)).toEqual([]);
  });

  it('has a unique name within its layer', () => {
    const kernels = 'src/backends/cpu/kernels';
    const homeOf = (path: string) => (path.startsWith(`${kernels}/`) ? kernels : (layerOf(path) ?? 'src'));
    const names = paths
      .filter((path) => basename(path) !== 'index.ts' && !isTop(path))
      .map((path) => `${homeOf(path)}: ${basename(path)}`);
    expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
  });

  it('keeps src/tensor below 4000 lines', () => {
    const lines = pathsUnder('src/tensor').map(linesOf);
    expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThan(4000);
  });

  it('has no function with more than five positional parameters', () => {
    const found = sources.flatMap(({ path, text }) => longParameterLists(text, 5).map((name) => `${path}: ${name}`));
    expect(found).toEqual([]);
  });

  it('checks options only with the tables of src/tensor/options.ts', () => {
    const own = /\bnoOther\b|\bObject\.(?:keys|entries)\((?:rest|others?|options)\)|expected options/;
    const found = sources.filter(
      ({ path, text }) => path !== 'src/tensor/options.ts' && own.test(withoutComments(text)),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  it('has a doc comment above each export', () => {
    const found = sources.flatMap(({ path, text }) => undocumented(text).map((name) => `${path}: ${name}`));
    expect(found).toEqual([]);
  });

  it('states what it throws in @throws tags', () => {
    const found = sources.flatMap(({ path, text }) => {
      const comments = text.match(/\/\*\*[\s\S]*?\*\//g) ?? [];
      return comments.filter((comment) => /(?:[*.:;)]\s+(?:\*\s+)?)Throws\s/.test(comment)).map(() => path);
    });
    expect([...new Set(found)]).toEqual([]);
  });

  it('is checked correctly for doc comments', () => {
    expect(undocumented('/** A. */\nexport const a = 1;\nexport function b() {}\n')).toEqual(['b']);
    expect(undocumented('/** A. */\nfunction a() {}\nclass B {}\nexport { a, B as C };\n')).toEqual(['B']);
    expect(undocumented('/** A. */\nexport function a(): void;\nexport function a(x?: number): void {}\n')).toEqual([]);
  });

  it('is checked correctly for numbers of parameters', () => {
    const text = `
      function one(a: number, [b, c]: [number, number], { d, e, f }: { d: 1; e: 2; f: 3 }) {}
      class A { method(a?: 1, b = 2, ...c: number[]) {} constructor(readonly x: 1, y: 2, z: 3, w: 4) {} }
      const arrow = (this_: 1, b: (x: 1, y: 2, z: 3, w: 4) => void, c = (a: 1, b: 2, c: 3, d: 4) => 1) => {};
      const inner = { m(a: 1, b: 2, c: 3, d: 4) {} };`;
    expect(longParameterLists(text, 3)).toEqual(['constructor', 'c', 'm']);
    expect(longParameterLists(text, 2)).toEqual(['constructor', 'method', 'arrow', 'c', 'm']);
    expect(longParameterLists('function f(a, b, c, options = {}) {}\nfunction g(a, b, c, option) {}', 3)).toEqual([
      'g',
    ]);
  });
});
