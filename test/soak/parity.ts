import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as antinode from '../../src/index.js';
import type { Attack, Dice } from './attack.js';

const { nn, Parameter, scope, setDeviceSync, tensor } = antinode;
type Tensor = antinode.Tensor;
type Dtype = 'float32' | 'int32' | 'uint8';
type Packed = readonly [shape: readonly number[], dtype: Dtype, values: string];

/** An operation on tensors and numbers. */
interface Case {
  readonly op: string;
  readonly tensors: readonly Tensor[];
  readonly numbers: readonly number[];
  compute(...tensors: Tensor[]): Tensor;
}

const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array } as const;
const special = [0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e-40, 1e30, 88, -104];

/** Float32 values: now and then special ones, if the operation takes them. */
function floats(dice: Dice, shape: readonly number[], wild = true): Tensor {
  const odd = wild && dice.below(4) === 0;
  const value = () => (odd && dice.below(5) === 0 ? dice.pick(special) : 4 * dice.next() - 2);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Parameter(tensor(Float32Array.from({ length: size }, value), { shape }));
}

const binary = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const;
const unary = ['exp', 'log', 'sqrt', 'tanh', 'sigmoid', 'abs', 'relu', 'gelu', 'silu', 'elu', 'softplus'] as const;
const along = [
  'sum',
  'mean',
  'variance',
  'logsumexp',
  'softmax',
  'logSoftmax',
  'cumsum',
  'prod',
  'argmax',
  'flip',
] as const;

function caseOf(dice: Dice): Case {
  const size = (least = 1) => least + dice.below(6);
  const shape = Array.from({ length: 1 + dice.below(3) }, () => size());
  const axis = dice.below(shape.length);
  switch (dice.below(9)) {
    case 0: {
      const op = dice.pick(binary);
      const other = shape.map((length) => (dice.below(3) === 0 ? 1 : length)).slice(dice.below(shape.length));
      return { op, tensors: [floats(dice, shape), floats(dice, other)], numbers: [], compute: antinode[op] };
    }
    case 1: {
      const op = dice.pick(unary);
      return { op, tensors: [floats(dice, shape)], numbers: [], compute: (x) => antinode[op](x) };
    }
    case 2:
    case 3: {
      const op = dice.pick(along);
      const lengths = op === 'variance' ? shape.map((n) => n + 1) : shape;
      const tame = op === 'prod' || op === 'argmax' || op === 'variance';
      return { op, tensors: [floats(dice, lengths, !tame)], numbers: [axis], compute: (x) => antinode[op](x, axis) };
    }
    case 4: {
      const [n, m, k] = [size(), size(), 1 + dice.below(40)];
      return {
        op: 'matmul',
        tensors: [floats(dice, [n, k], false), floats(dice, [k, m], false)],
        numbers: [],
        compute: antinode.matmul,
      };
    }
    case 5: {
      const [stride, padding, kernel] = [1 + dice.below(2), dice.below(3), 1 + dice.below(4)];
      const [c, o, h] = [size(), size(), kernel + dice.below(8)];
      return {
        op: 'conv2d',
        tensors: [floats(dice, [2, c, h, h + 1], false), floats(dice, [o, c, kernel, kernel], false)],
        numbers: [stride, padding],
        compute: (x, w) => antinode.conv2d(x, w, null, { stride, padding }),
      };
    }
    case 6: {
      const op = dice.pick(['maxPool2d', 'avgPool2d'] as const);
      const [kernel, stride] = [1 + dice.below(3), 1 + dice.below(3)];
      return {
        op,
        tensors: [floats(dice, [2, 2, kernel + dice.below(6), kernel + dice.below(6)], false)],
        numbers: [kernel, stride],
        compute: (x) => antinode[op](x, kernel, { stride }),
      };
    }
    case 7: {
      const [rows, classes] = [size(), size(2)];
      const labels = tensor(Int32Array.from({ length: rows }, () => dice.below(classes)));
      return {
        op: 'crossEntropy',
        tensors: [floats(dice, [rows, classes], false), labels],
        numbers: [],
        compute: (x, y) => nn.functional.crossEntropy(x, y),
      };
    }
    default: {
      const [rows, length] = [size(), size(3)];
      return {
        op: 'layerNorm',
        tensors: [floats(dice, [rows, length], false), floats(dice, [length], false), floats(dice, [length], false)],
        numbers: [],
        compute: (x, w, b) => antinode.layerNorm(x, [length], w, b),
      };
    }
  }
}

const pack = (t: Tensor): Packed => {
  const values = arrays[t.dtype as Dtype].from(t.dataSync());
  return [t.shape, t.dtype as Dtype, Buffer.from(values.buffer).toString('base64')];
};

function unpack([, dtype, text]: Packed): number[] {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return Array.from(new arrays[dtype](bytes.buffer));
}

/** Compares operations and their gradients with PyTorch, where that is installed. */
export const parity: Attack = {
  name: 'parity with PyTorch',
  async run(dice, deadline, findings) {
    setDeviceSync('cpu');
    const program = fileURLToPath(new URL('parity.py', import.meta.url));
    const python = spawn(process.env.PYTHON ?? 'python3', [program], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
    python.stdin.on('error', () => {});
    python.on('error', () => {});
    if ((await lines.next()).done) {
      findings.skipped = 'PyTorch is not installed for python3 (choose another with PYTHON)';
      return;
    }
    while (performance.now() < deadline && findings.failures.length < 100) {
      findings.tries++;
      await scope(async () => {
        const { op, tensors, numbers, compute } = caseOf(dice);
        python.stdin.write(`${JSON.stringify({ op, tensors: tensors.map(pack), numbers })}\n`);
        const y = compute(...tensors);
        const floating = tensors.filter((t) => t.requiresGrad);
        if (y.requiresGrad) y.mul(y).sum().backward();
        const { value, done } = await lines.next();
        if (done) throw new Error(`PyTorch ended at ${op}`);
        const { result, gradients } = JSON.parse(value) as { result: Packed; gradients: readonly Packed[] };
        const about = `${op} of ${tensors.map((t) => `(${t.shape})`).join(', ')} with ${numbers}`;
        const values = Array.from(y.dataSync());
        const wanted = unpack(result);
        if (y.shape.join() !== result[0].join()) findings.fail(`${about}: shape (${y.shape}), PyTorch (${result[0]})`);
        else if (!alike(values, wanted)) findings.fail(`${about}: ${difference(values, wanted)}`);
        else if (wanted.every((value) => Math.abs(value) < 1e15)) {
          gradients.forEach((gradient, i) => {
            const own = Array.from(floating[i].grad?.dataSync() ?? new Float32Array(floating[i].size));
            const other = unpack(gradient);
            if (alike(own, other, 20)) return;
            // where rounding is amplified, both may be far from each other and one of them right
            const exact = exactGradient(compute, tensors, tensors.indexOf(floating[i]));
            if (!(distance(own, exact) <= distance(other, exact))) {
              findings.fail(`gradient of ${about}: ${difference(own, other)}`);
            }
          });
        }
      });
    }
    python.stdin.end();
    await once(python, 'close');
  },
};

/** The gradient with respect to one of the tensors, computed in float64. */
function exactGradient(compute: Case['compute'], tensors: readonly Tensor[], index: number): number[] {
  const copies = tensors.map((t) => {
    const copy = tensor(arrays[t.dtype as Dtype].from(t.dataSync()), { shape: t.shape, device: 'reference' });
    return t.requiresGrad ? new Parameter(copy) : copy;
  });
  const y = compute(...copies);
  y.mul(y).sum().backward();
  return Array.from(copies[index].grad?.dataSync() ?? []);
}

/** The largest difference. */
function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
}

/** True if values differ by no more than roundings of float32, `lenience` times as large as those of one operation. */
function alike(a: readonly number[], b: readonly number[], lenience = 1): boolean {
  const scale = Math.max(1, ...b.filter(Number.isFinite).map(Math.abs));
  return a.length === b.length && !a.some((x, i) => differs(x, b[i], lenience * scale));
}

function differs(x: number, y: number, scale: number): boolean {
  if (Number.isNaN(y) || Number.isNaN(x)) return !(Number.isNaN(x) && Number.isNaN(y));
  if (!Number.isFinite(x) || !Number.isFinite(y)) return x !== y;
  return Math.abs(x - y) > 1e-5 * scale + 1e-4 * Math.abs(y);
}

function difference(a: readonly number[], b: readonly number[]): string {
  const scale = Math.max(1, ...b.filter(Number.isFinite).map(Math.abs));
  const i = a.findIndex((x, k) => differs(x, b[k], scale));
  return `${a[i]}, PyTorch ${b[i]} at ${i} of ${b.length}`;
}
