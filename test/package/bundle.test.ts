import { readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { type AnyNode, type Program, parse } from 'acorn';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../scripts/build/bundle.mjs';
import { root } from '../helpers/sources.js';

const dist = join(root, 'dist');
const written = await bundle({ root, src: join(root, 'src'), dist });

/** The syntax trees of the JavaScript files of dist/, by path relative to it. */
const programs = new Map<string, Program>(
  written
    .filter(({ path }) => path.endsWith('.js'))
    .map(({ path, contents }) => [
      relative(dist, path).replaceAll(sep, '/'),
      parse(contents.toString(), { ecmaVersion: 'latest', sourceType: 'module' }),
    ]),
);

/** The files that a file imports when it loads. */
function importsOf(file: string): string[] {
  const body = programs.get(file)?.body ?? [];
  return body.flatMap((statement) => {
    const source = 'source' in statement ? statement.source : undefined;
    const specifier = String(source?.value ?? '');
    return specifier.startsWith('.') ? [posix.join(posix.dirname(file), specifier)] : [];
  });
}

/** The files that are loaded with a file, including itself. */
function loadedWith(file: string): Set<string> {
  const loaded = new Set([file]);
  for (const each of loaded) for (const next of importsOf(each)) loaded.add(next);
  return loaded;
}

/** True if a node awaits outside functions. */
function awaits(node: AnyNode): boolean {
  if (/Function|MethodDefinition|PropertyDefinition/.test(node.type)) return false;
  if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) return true;
  return Object.values(node)
    .flat()
    .some((part) => typeof part?.type === 'string' && awaits(part));
}

/** The packages that a program imports by a literal name, statically or dynamically. */
function namesImported(node: AnyNode): string[] {
  const source = 'source' in node ? node.source : undefined;
  const name = source?.type === 'Literal' ? String(source.value) : '.';
  const inner = Object.values(node)
    .flat()
    .filter((part) => typeof part?.type === 'string');
  return [...(name.startsWith('.') ? [] : [name]), ...inner.flatMap(namesImported)];
}

const doors = ['index.js', 'nn.js', 'optim.js', 'data.js', 'io.js', 'autograd.js', 'gpu.js', 'zip.js'];

describe('the files of dist', () => {
  it('are few at start, and load lazily what few programs need', () => {
    expect([...programs.keys()]).toEqual(expect.arrayContaining(doors));
    for (const door of doors) {
      const loaded = loadedWith(door);
      expect(loaded.size).toBeLessThan(26);
      expect(
        [...loaded].filter((file) => /(gpu-backend|data-node|io-formats|io-safetensors|profile)\.js$/.test(file)),
      ).toEqual([]);
      expect(loaded).toContain('chunks/setup.js');
    }
  });

  it('have no import cycles', () => {
    const cyclic = [...programs.keys()].filter((file) =>
      importsOf(file).some((next) => next !== file && loadedWith(next).has(file)),
    );
    expect(cyclic).toEqual([]);
    expect([...programs.keys()].flatMap(importsOf).filter((file) => !programs.has(file))).toEqual([]);
  });

  it('can be required, because none has a top-level await', () => {
    expect([...programs].filter(([, program]) => awaits(program)).map(([file]) => file)).toEqual([]);
    const waiting = parse('for (const x of [await y]) z();', { ecmaVersion: 'latest', sourceType: 'module' });
    expect(awaits(waiting)).toBe(true);
  });

  it('import no optional package by name, except for the entries that bring one', () => {
    const named = [...programs].flatMap(([file, program]) => namesImported(program).map((name) => `${file}: ${name}`));
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const isDependency = (each: string) => Object.keys(dependencies).some((name) => each.endsWith(`: ${name}`));
    expect([...new Set(named)].filter((each) => !isDependency(each)).sort()).toEqual([
      'chunks/onnx.js: @bufbuild/protobuf/wire',
      'gpu.js: gpu.js',
      'zip.js: @zip.js/zip.js/lib/zip-core-reader.js',
      'zip.js: @zip.js/zip.js/lib/zip-core-writer.js',
    ]);
  });
});
