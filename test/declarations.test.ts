import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { root } from './helpers/sources.js';

const folder = join(root, '.cache', 'declarations');

/** What a user's program may do with a tensor, and what it may not. */
const program = `
import { type Dims, Generator, keep, Parameter, setDevice, setDeviceSync, Tensor, tensor } from 'antinode';

const x: Tensor = keep(tensor([[1, 2], [3, 4]]));
const p: Parameter = keep(new Parameter(x));
const [rows, columns] = x.dims(2);
export const size: number = rows * columns;
export const lengths: Dims<3> = [1, 2, 3];
export const anyLengths: readonly number[] = x.dims(x.ndim);
export const text: string = x.toString();
export const isTensor: boolean = p instanceof Tensor;
await setDevice('cpu');
setDeviceSync('cpu');
using y = x.relu();

// @ts-expect-error a matrix does not have three lengths
export const [a, b, c] = x.dims(2);
`;

const hidden = ['x.lease', 'x.handle', 'x.owner', 'x.gradientSlot', 'x.moveTo', 'x.storage', 'x.madeBy', 'p.owner'];
hidden.push('Tensor.over', 'new Tensor()', "new Tensor({} as never, [1], 'x')", 'new Generator(1).reserve');

function tsc(...args: string[]): string {
  const script = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8' });
  return status === 0 ? '' : stdout + stderr;
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const build = { outDir: 'types', rootDir: '../../src', emitDeclarationOnly: true, incremental: false };
  const config = {
    extends: '../../tsconfig.build.json',
    compilerOptions: { ...build, sourceMap: false, inlineSources: false, tsBuildInfoFile: null },
    include: ['../../src'],
    exclude: ['../../src/backends/cpu/kernels'],
  };
  writeFileSync(join(folder, 'tsconfig.build.json'), JSON.stringify(config));
  expect(tsc('-p', 'tsconfig.build.json')).toBe('');
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2022', 'dom'],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    paths: { antinode: ['./types/index.d.ts'] },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
});

it('the declarations compile in a program that only has the browser libraries', () => {
  writeFileSync(join(folder, 'program.ts'), program);
  expect(tsc('-p', '.')).toBe('');
});

it('the declarations do not expose the internals of tensors', () => {
  const lines = hidden.map((expression) => `// @ts-expect-error\n${expression};`);
  writeFileSync(join(folder, 'program.ts'), `${program}\n${lines.join('\n')}\n`);
  expect(tsc('-p', '.')).toBe('');
});
