import { bytesOf, isFloat } from '../../dtype.js';
import type { Formula } from '../../formula/formula.js';
import type { Backend, Conv2dGeometry, Operand, Operands, Pool2dGeometry } from '../backend.js';

/** The methods of a backend that a profile measures. */
export type Primitive = Exclude<keyof Backend, 'name' | 'info' | 'lost' | 'maxInputs' | 'counters' | 'part'>;

/** What one call of a primitive has to do. Holds no tensor, so that a profile keeps no memory in use. */
export interface Work {
  /** Shapes and words that describe the call, in order; joined only when the profile is complete. */
  readonly parts: readonly (string | readonly number[])[];
  readonly formula?: Formula;
  /** Floating-point operations; a multiplication and an addition count as two. */
  readonly flops?: number;
  /** The least bytes of tensors that the call reads and writes. */
  readonly bytes?: number;
}

/** A description of each primitive, given the arguments of a call. */
type Works = { readonly [P in Primitive]: (...call: Parameters<NonNullable<Backend[P]>>) => Work };

const bytesIn = ({ size, dtype }: Operand, most = size): number => Math.min(size, most) * bytesOf(dtype);

const sum = (...operands: Operand[]): number => operands.reduce((bytes, x) => bytes + bytesIn(x), 0);

/** Shows a dtype other than float32. */
const typed = ({ shape, dtype }: Pick<Operand, 'shape' | 'dtype'>): Work['parts'] =>
  isFloat(dtype) ? [shape] : [`${dtype} `, shape];

const plain = (...operands: Operand[]): Work => ({ parts: typed(operands[0]), bytes: sum(...operands) });

/** An operand that is updated in place is read and written. */
function formulaWork(f: Formula, operands: Operands): { inputs: Operand[]; outputs: Operand[]; bytes: number } {
  const inputs = f.inputs.map((name) => operands[name]);
  const outputs = f.outputs.map((name) => operands[name]);
  return { inputs, outputs, bytes: sum(...inputs, ...outputs) };
}

/** The operand with the most elements, whose shape is the common one unless all operands broadcast. */
const largest = (operands: readonly Operand[]): Operand => operands.reduce((a, b) => (b.size > a.size ? b : a));

/** Groups, stride, dilation and padding, as far as they differ from 1, or from 0 for padding: ` s2 p1`. */
function windowWords(g: Conv2dGeometry | Pool2dGeometry): string {
  const word = (letter: string, y: number, x: number, usual: number) =>
    y === usual && x === usual ? '' : ` ${letter}${y === x ? y : `${y}x${x}`}`;
  const { dilationY, dilationX, groups } = { dilationY: 1, dilationX: 1, groups: 1, ...g };
  return (
    word('g', groups, groups, 1) +
    word('s', g.strideY, g.strideX, 1) +
    word('d', dilationY, dilationX, 1) +
    word('p', g.padY, g.padX, 0)
  );
}

/** Products with padding count in full; algorithms that need fewer multiplications, such as Winograd's, do less. */
function convolution(g: Conv2dGeometry, ...operands: (Operand | null)[]): Work {
  const products = g.outChannels * g.outHeight * g.outWidth * (g.inChannels / g.groups);
  return {
    parts: [
      [g.batch, g.inChannels, g.inHeight, g.inWidth],
      '*',
      [g.outChannels, g.kernelHeight, g.kernelWidth],
      windowWords(g),
    ],
    flops: 2 * g.batch * products * g.kernelHeight * g.kernelWidth,
    bytes: sum(...operands.filter((x) => x !== null)),
  };
}

function pooling(g: Pool2dGeometry, ...operands: Operand[]): Work {
  const parts = [[g.planes, g.inHeight, g.inWidth], '/', [g.kernelHeight, g.kernelWidth], windowWords(g)];
  return { parts, bytes: sum(...operands) };
}

/** Picks elements: reads as many of x as are chosen, or all of them if there are fewer. */
function picking(x: Operand, index: Operand, out: Operand): Work {
  return { parts: [...typed(x), ' -> ', out.shape], bytes: sum(index, out) + bytesIn(x, out.size) };
}

/** Adds to elements: reads and writes as many of `out` as are added, or all of them if there are fewer. */
function adding(out: Operand, index: Operand, src: Operand): Work {
  return { parts: [...typed(src), ' -> ', out.shape], bytes: sum(index, src) + 2 * bytesIn(out, src.size) };
}

const nothing: Work = { parts: [] };

/** Describes a call of each primitive. The type makes the compiler ask for a line for each new one. */
export const works: Works = {
  allocate: () => nothing,
  release: () => nothing,
  synchronize: () => nothing,
  write: (out, values) => ({ parts: typed(out), bytes: values.length * bytesOf(out.dtype) }),
  read: (x) => plain(x),
  readSync: (x) => plain(x),
  map(formula, operands) {
    const { outputs, bytes } = formulaWork(formula, operands);
    return { parts: typed(largest(outputs)), formula, bytes };
  },
  prepareMap(formula, operands) {
    return { parts: typed(largest(formulaWork(formula, operands).outputs)), formula };
  },
  reduce(formula, operands) {
    const { inputs, outputs, bytes } = formulaWork(formula, operands);
    return { parts: [...typed(largest(inputs)), ' -> ', outputs[0].shape], formula, bytes };
  },
  argReduce: (kind, x, out) => ({ parts: [`${kind} `, ...typed(x), ' -> ', out.shape], bytes: sum(x, out) }),
  cumsum: (x, out) => plain(x, out),
  copy(x, _out, { shape, fromStrides }) {
    const elements = (lengths: readonly number[]) => lengths.reduce((product, length) => product * length, 1);
    // a source with stride 0 is repeated
    const read = elements(shape.filter((_, axis) => fromStrides[axis] !== 0));
    return {
      parts: typed({ shape, dtype: x.dtype }),
      bytes: (Math.min(read, elements(shape)) + elements(shape)) * bytesOf(x.dtype),
    };
  },
  matmul(a, b, out, options = {}) {
    const inner = a.shape[a.shape.length - (options.transposeA ? 2 : 1)];
    const parts = [a.shape, options.transposeA ? '.T @ ' : ' @ ', b.shape, options.transposeB ? '.T' : ''];
    return { parts, flops: 2 * out.size * inner, bytes: sum(a, b, out) };
  },
  conv2d: (x, w, bias, out, g) => convolution(g, x, w, bias, out),
  conv2dInputGrad: (dy, w, dx, g) => convolution(g, dy, w, dx),
  conv2dWeightGrad: (x, dy, dw, g) => convolution(g, x, dy, dw),
  maxPool2d: (x, out, indices, g) => pooling(g, x, out, indices),
  maxPool2dGrad: (dy, indices, dx, g) => pooling(g, dy, indices, dx),
  avgPool2d: (x, out, g) => pooling(g, x, out),
  avgPool2dGrad: (dy, dx, g) => pooling(g, dy, dx),
  gather: picking,
  scatterAdd: adding,
  indexSelect: picking,
  indexAdd: adding,
  expectWithin: (index) => plain(index),
  random: (out, { kind }) => ({ parts: [`${kind} `, ...typed(out)], bytes: sum(out) }),
};
