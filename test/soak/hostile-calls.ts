import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as antinode from '../../src/index.js';
import { type Attack, type Dice, errorLine, processorTime } from './attack.js';

type Callable = (...args: unknown[]) => unknown;

/** A public function, class or method, by its path. */
interface Target {
  readonly path: string;
  call(dice: Dice): unknown;
}

/**
 * Not called: what fetches data or changes settings of the whole process, ingredients for authors of optimizers,
 * constructors of base classes and errors, and members that are not public.
 */
const skipped =
  /^(data\.(cifar10|cifar100|mnist|ptb|stateOfTheUnion|textCorpus|cacheFolder)|setThreads|io\.withLock|optim\.(rules|option)\..*|new (.*Error|Tensor|optim\.Optimizer|optim\.lr\.Scheduler|io\.SafetensorsMap)|.*Error\..*|.*\.(moveTo|layer|run|prepared|forEach|reserve))$/;

const { scope, tensor, setDeviceSync, AntinodeError, nn, optim } = antinode;

/** Values of every kind, most of them wrong for any parameter. Made anew for every call, since calls may change them. */
function anyValue(dice: Dice, depth = 0): unknown {
  const one = <T>(...items: T[]): T => dice.pick(items);
  switch (dice.below(depth > 2 ? 9 : 15)) {
    case 0:
      return one<unknown>(undefined, null, true, false, Symbol('s'), 7n, '', 'x', 'sum', 'cpu', 'float32', 'relu');
    case 1:
      return one(0, 1, 2, 3, -1, -2, 0.5, -0, Number.NaN, Number.POSITIVE_INFINITY, -1e308, 1e6, 2 ** 31, 2 ** 53);
    case 2:
      return one(0, 1, 2, 3, -1);
    case 3:
    case 4:
    case 5:
      return tensorOf(dice);
    case 6:
      return one<unknown>(new Date(), /x/, new Map([['a', 1]]), new Set([1]), new Error('e'), Promise.resolve(1));
    case 7:
      return one<unknown>(
        () => 1,
        (x: unknown) => x,
        () => tensorOf(dice),
        async () => 1,
        Object.create(null),
      );
    case 8:
      return one<unknown>(
        new Float32Array(3),
        Int32Array.of(0, 1, 2),
        new Uint8Array(6),
        new Float64Array(2),
        BigInt64Array.of(1n),
        new ArrayBuffer(8),
        new DataView(new ArrayBuffer(4)),
      );
    case 9:
    case 10:
      return Array.from({ length: dice.below(4) }, () => anyValue(dice, depth + 1));
    case 11:
      return one(
        [2, 3],
        [3],
        [1, 1, 2, 2],
        [0],
        [-1],
        [1.5],
        [2 ** 40],
        [[1, 2], [3]],
        [
          [1, 2],
          [3, 4],
        ],
      );
    case 12:
      return Object.fromEntries(
        Array.from({ length: dice.below(3) }, () => [dice.pick(keys), anyValue(dice, depth + 1)]),
      );
    case 13:
      return one<unknown>(
        { length: 3 },
        { length: -1 },
        { shape: [1] },
        { shape: 'x', dtype: 1, device: 2 },
        { [Symbol.iterator]: 1 },
        { toString: 1, valueOf: 1 },
        {
          get shape() {
            throw new TypeError('a getter of the caller');
          },
        },
      );
    default:
      return one<unknown>(
        new nn.Linear(3, 2),
        new nn.Sequential(),
        new antinode.Parameter(tensor([1, 2, 3])),
        new optim.SGD([new antinode.Parameter(tensor([1]))], { lr: 0.1 }),
        antinode.formula('y = x + s', { tensors: ['x', 'y'], scalars: ['s'] }),
        new antinode.Generator(1),
      );
  }
}

const keys = [
  'lr',
  'dim',
  'axis',
  'keepDim',
  'dtype',
  'device',
  'shape',
  'reduction',
  'stride',
  'padding',
  'bias',
  'length',
];

function tensorOf(dice: Dice): antinode.Tensor {
  const shape = dice.pick([[], [3], [2, 3], [1], [0], [2, 2], [1, 2, 4, 4], [3, 2, 2]]);
  const dtype = dice.pick(['float32', 'float32', 'int32', 'uint8', 'bool'] as const);
  const size = shape.reduce((a, b) => a * b, 1);
  const t = tensor(
    Float32Array.from({ length: size }, () => dice.below(3)),
    { shape, dtype },
  );
  if (dice.below(12) === 0) t.dispose();
  return dice.below(3) === 0 && dtype === 'float32' && !t.released ? new antinode.Parameter(t) : t;
}

const argumentsOf = (dice: Dice): unknown[] => Array.from({ length: dice.below(5) }, () => anyValue(dice));

/** Everything that the package exports, and the methods of what can be made of it. */
function targetsOf(object: object, prefix = ''): Target[] {
  return Object.entries(object).flatMap(([name, value]): Target[] => {
    const path = prefix + name;
    if (skipped.test(path)) return [];
    if (typeof value === 'object' && value !== null && prefix.split('.').length < 3) {
      return Object.getPrototypeOf(value) === null || value[Symbol.toStringTag] === 'Module'
        ? targetsOf(value, `${path}.`)
        : [];
    }
    if (typeof value !== 'function') return [];
    const make = value as Callable & (new (...args: unknown[]) => object);
    if (!/^[A-Z]/.test(name)) return [{ path, call: (dice) => make(...argumentsOf(dice)) }];
    const targets: Target[] = [
      { path: `new ${path}`, call: (dice) => new make(...argumentsOf(dice)) },
      ...methodsOf(make.prototype).map(
        (method): Target => ({
          path: `${path}.${method}`,
          call(dice) {
            const made = instanceOf(dice, path, make);
            return made && (made as Record<string, Callable>)[method](...argumentsOf(dice));
          },
        }),
      ),
    ];
    return targets.filter((target) => !skipped.test(target.path));
  });
}

/** The methods of a class and its base classes, without those of built-in ones such as Map. */
function methodsOf(prototype: object | undefined): string[] {
  const found = new Set<string>();
  for (let p = prototype; p && p !== Object.prototype; p = Object.getPrototypeOf(p)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(p))) {
      const isOwn = typeof value === 'function' && !/\{\s*\[native code\]\s*\}$/.test(String(value));
      if (isOwn && name !== 'constructor') found.add(name);
    }
  }
  return [...found];
}

/** Arguments that make an instance of a class whose methods are to be called. */
function instanceOf(dice: Dice, path: string, make: new (...args: unknown[]) => object): object | null {
  if (path === 'Tensor') return tensorOf(dice);
  if (path.endsWith('Parameter')) return new antinode.Parameter(tensor([1, 2, 3]));
  const parameters = () => [new antinode.Parameter(tensor([1, 2]))];
  const sets: unknown[][] = [
    [],
    [3],
    [3, 2],
    [2, 3, 1],
    [parameters(), { lr: 0.1 }],
    [parameters(), {}],
    [tensor([1, 2])],
    [['a', 'b']],
    [Int32Array.from({ length: 40 }, (_, i) => i % 7), { batchSize: 2, bptt: 3 }],
    [{ length: 4, batch: () => ({ x: tensor([1]) }) }, { batchSize: 2 }],
    [
      new optim.SGD(parameters(), { lr: 0.1 }),
      { gamma: 0.5, stepSize: 1, tMax: 3, milestones: [1], totalSteps: 4, maxLr: 1 },
    ],
  ];
  for (const args of sets) {
    try {
      return new make(...args);
    } catch {
      // another set may fit
    }
  }
  return null;
}

/** Resolves to what a promise gives, but waits for at most a second: some hostile functions never settle. */
function settled(value: unknown): Promise<unknown> {
  return Promise.race([value, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
}

/** Calls everything public with arguments of every kind. */
export const hostileCalls: Attack = {
  name: 'hostile calls',
  async run(dice, deadline, findings) {
    setDeviceSync('cpu');
    const folder = mkdtempSync(join(tmpdir(), 'antinode-hostile-'));
    const home = process.cwd();
    process.chdir(folder);
    console.warn = () => {};
    console.log = () => {};
    const targets = targetsOf(antinode);
    const pattern = Float32Array.from({ length: 16 }, (_, i) => i + 0.5);
    try {
      while (performance.now() < deadline) {
        const canaries = Array.from({ length: 32 }, () => antinode.keep(tensor(pattern)));
        const last = new Set<string>();
        for (let n = 0; n < 500; n++) {
          const target = dice.pick(targets);
          findings.tries++;
          last.add(target.path);
          const start = processorTime();
          try {
            await scope(async () => void (await settled(target.call(dice))));
          } catch (error) {
            if (!isExpected(error)) findings.fail(`${target.path}: ${errorLine(error)}`);
          }
          const took = processorTime() - start;
          if (took > 3000) findings.fail(`${target.path}: took ${Math.round(took)} ms of processor time`);
        }
        for (const canary of canaries) {
          if (canary.dataSync().some((value, i) => value !== pattern[i])) {
            findings.fail(`a tensor was overwritten by one of ${[...last].join(', ')}`);
          }
          canary.dispose();
        }
        setDeviceSync('cpu');
      }
    } finally {
      process.chdir(home);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Errors of antinode, and those that the hostile values themselves throw. */
function isExpected(error: unknown): boolean {
  return error instanceof AntinodeError || (error instanceof Error && error.message === 'a getter of the caller');
}
