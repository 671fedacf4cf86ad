import { expected, ShapeError, shapeText, ValueError } from '../../../errors.js';
import { expectTensor, expectText } from '../../../tensor/expect.js';
import { numel, stridesOf } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { permute } from '../shape/permute.js';
import { reshape } from '../shape/reshape.js';
import { takeView } from '../shape/strided.js';
import { mul } from './arithmetic.js';
import { product } from './matmul.js';
import { expand, sum } from './reduction.js';

/** A tensor whose axes have names. */
interface Term {
  readonly labels: readonly string[];
  readonly t: Tensor;
}

/**
 * Computes sums of products in Einstein notation, as in PyTorch: `einsum('bij,bjk->bik', a, b)`. Each letter names an
 * axis. Letters that are not in the output are summed over; a letter that occurs twice in one operand takes its
 * diagonal; `...` stands for axes that broadcast. Without `->`, the output has the letters that occur once, in
 * alphabetical order. Operands are contracted from left to right.
 * @throws ValueError for an invalid equation, ShapeError for axes of different lengths, DtypeError for products of
 * integers.
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  expectText('einsum', 'an equation', equation);
  for (const operand of operands) expectTensor('einsum', operand);
  const { inputs, output } = parse(equation, operands);
  const lengths = lengthsOf(inputs, operands);
  const terms = inputs.map((labels, i) => stretched(diagonal({ labels, t: operands[i] }), lengths));
  let all = terms[0];
  for (let i = 1; i < terms.length; i++) {
    const later = new Set([...output, ...terms.slice(i + 1).flatMap((term) => term.labels)]);
    all = contract(all, terms[i], later);
  }
  const { labels, t } = summedTo(all, new Set(output));
  return permute(
    t,
    output.map((label) => labels.indexOf(label)),
  );
}

/**
 * Parses the equation into names of the axes of each operand and of the output; axes of `...` are named by their
 * distance from its end.
 */
function parse(equation: string, operands: readonly Tensor[]): { inputs: string[][]; output: string[] } {
  const [left, right, ...rest] = equation.replaceAll(' ', '').split('->');
  const texts = left.split(',');
  const bad = (wanted: string) => new ValueError(expected('einsum', wanted, `'${equation}'`));
  if (rest.length > 0) throw bad('an equation with at most one ->');
  if (texts.length !== operands.length) {
    throw bad(`an equation with ${operands.length} operands`);
  }
  const named = (text: string, extra: number): string[] => {
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(text)) throw bad(`letters and ... in the term '${text}'`);
    const [before, after] = text.split('...');
    const dots = Array.from({ length: extra }, (_, i) => `.${extra - 1 - i}`);
    return after === undefined ? [...before] : [...before, ...dots, ...after];
  };
  const extras = texts.map((text, i) => operands[i].ndim - text.replace('...', '').length);
  const inputs = texts.map((text, i) => {
    if (extras[i] < 0 || (extras[i] > 0 && !text.includes('...'))) {
      const wanted = `${text.replace('...', '').length} axes for '${text}'`;
      throw new ShapeError(expected('einsum', wanted, shapeText(operands[i].shape)));
    }
    return named(text, extras[i]);
  });
  const most = Math.max(0, ...extras);
  const output = right === undefined ? implicit(inputs, most) : named(right, most);
  const known = new Set(inputs.flat());
  const unknown = output.find((label) => !known.has(label));
  if (unknown) throw bad(`'${unknown}' of the output among the inputs`);
  if (new Set(output).size !== output.length) throw bad('an output without repeated letters');
  return { inputs, output };
}

function implicit(inputs: readonly string[][], dots: number): string[] {
  const all = inputs.flat();
  const once = [...new Set(all)].filter(
    (label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label),
  );
  return [...Array.from({ length: dots }, (_, i) => `.${dots - 1 - i}`), ...once.sort()];
}

function lengthsOf(inputs: readonly string[][], operands: readonly Tensor[]): Map<string, number> {
  const lengths = new Map<string, number>();
  inputs.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const length = operands[i].shape[axis];
      const known = lengths.get(label) ?? 1;
      if (known !== 1 && length !== 1 && known !== length) {
        throw new ShapeError(expected('einsum', `length ${known} of axis '${label}'`, shapeText(operands[i].shape)));
      }
      lengths.set(label, known === 1 ? length : known);
    });
  });
  return lengths;
}

/** Takes the diagonal over axes with the same name. */
function diagonal({ labels, t }: Term): Term {
  const names = [...new Set(labels)];
  if (names.length === labels.length) return { labels, t };
  const own = stridesOf(t.shape);
  const axesOf = (name: string) => labels.flatMap((label, axis) => (label === name ? [axis] : []));
  const uneven = names.find((name) => new Set(axesOf(name).map((axis) => t.shape[axis])).size > 1);
  if (uneven) {
    throw new ShapeError(expected('einsum', `axes '${uneven}' of one length`, shapeText(t.shape)));
  }
  const view = {
    shape: names.map((name) => t.shape[labels.indexOf(name)]),
    offset: 0,
    strides: names.map((name) => axesOf(name).reduce((total, axis) => total + own[axis], 0)),
  };
  return { labels: names, t: takeView('einsum', t, view) };
}

function stretched({ labels, t }: Term, lengths: ReadonlyMap<string, number>): Term {
  const shape = labels.map((label) => lengths.get(label) ?? 1);
  return { labels, t: shape.every((length, axis) => length === t.shape[axis]) ? t : expand(t, shape) };
}

/** Sums over the axes that are not needed. */
function summedTo({ labels, t }: Term, needed: ReadonlySet<string>): Term {
  const spare = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (spare.length === 0) return { labels, t };
  return { labels: labels.filter((label) => needed.has(label)), t: sum(t, spare) };
}

/**
 * Multiplies two terms and sums over the axes that are not needed later, as one matrix product batched over shared
 * axes.
 */
function contract(a: Term, b: Term, later: ReadonlySet<string>): Term {
  const left = summedTo(a, new Set([...later, ...b.labels]));
  const right = summedTo(b, new Set([...later, ...a.labels]));
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const inner = shared.filter((label) => !later.has(label));
  const rows = left.labels.filter((label) => !shared.includes(label));
  const columns = right.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  const length = (label: string) => {
    const axis = left.labels.indexOf(label);
    return axis >= 0 ? left.t.shape[axis] : right.t.shape[right.labels.indexOf(label)];
  };
  const lengths = (names: readonly string[]) => names.map(length);
  const shape = lengths(labels);
  if (inner.length === 0) {
    // nothing to sum: an outer product
    const x = reshape(ordered(left, [...batch, ...rows]), [...lengths([...batch, ...rows]), ...columns.map(() => 1)]);
    const y = reshape(ordered(right, [...batch, ...columns]), [
      ...lengths(batch),
      ...rows.map(() => 1),
      ...lengths(columns),
    ]);
    return { labels, t: mul(x, y) };
  }
  const [m, k, n] = [rows, inner, columns].map((names) => numel(lengths(names)));
  // an operand whose axes are in the transposed order does not have to be copied
  const transposeA = sameOrder(left.labels, [...batch, ...inner, ...rows]);
  const transposeB = sameOrder(right.labels, [...batch, ...columns, ...inner]);
  const x = ordered(left, transposeA ? [...batch, ...inner, ...rows] : [...batch, ...rows, ...inner]);
  const y = ordered(right, transposeB ? [...batch, ...columns, ...inner] : [...batch, ...inner, ...columns]);
  const t = product(
    reshape(x, [...lengths(batch), ...(transposeA ? [k, m] : [m, k])]),
    reshape(y, [...lengths(batch), ...(transposeB ? [n, k] : [k, n])]),
    { transposeA, transposeB },
  );
  return { labels, t: reshape(t, shape) };
}

function ordered({ labels, t }: Term, names: readonly string[]): Tensor {
  return permute(
    t,
    names.map((name) => labels.indexOf(name)),
  );
}

function sameOrder(a: readonly string[], b: readonly string[]): boolean {
  return a.every((label, i) => label === b[i]);
}
