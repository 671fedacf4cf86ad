import { applyFormula } from '../../../autograd/ops/apply-formula.js';
import { expectIndex } from '../../../autograd/ops/expect.js';
import { gather, scatterAdd } from '../../../autograd/ops/index/gather.js';
import { indexSelect } from '../../../autograd/ops/index/index-select.js';
import { where } from '../../../autograd/ops/math/where.js';
import { reshape } from '../../../autograd/ops/shape/reshape.js';
import { expected, ShapeError, shapeText } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import { fromHost } from '../../../tensor/host.js';
import { normalizeAxis } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Operator, Operators } from '../operator.js';

const counted = formula('y = i < 0 ? i + n : i', { tensors: ['i', 'y'], scalars: ['n'] });

/** Positions along an axis of n elements, without negative ones, which count from the end. */
function positions(op: string, index: Tensor, n: number): Tensor {
  return applyFormula(op, counted, { i: expectIndex(op, index) }, { n }, 'int32');
}

const gathering: Operator = {
  inputs: [2, 2],
  weights: [0],
  prepare(node) {
    const axis = node.attribute('axis', 'int', 0);
    return (inputs) => {
      const [x, index] = inputs as readonly [Tensor, Tensor];
      const at = normalizeAxis('Gather', axis, x.ndim);
      const rows = reshape(positions('Gather', index, x.shape[at]), [index.size]);
      const shape = [...x.shape.slice(0, at), ...index.shape, ...x.shape.slice(at + 1)];
      return [reshape(indexSelect(x, at, rows), shape)];
    };
  },
};

const gatheringElements: Operator = {
  inputs: [2, 2],
  prepare(node) {
    const axis = node.attribute('axis', 'int', 0);
    return (inputs) => {
      const [x, index] = inputs as readonly [Tensor, Tensor];
      const at = normalizeAxis('GatherElements', axis, x.ndim);
      return [gather(x, at, positions('GatherElements', index, x.shape[at]))];
    };
  },
};

const scatteringElements: Operator = {
  inputs: [3, 3],
  prepare(node) {
    const axis = node.attribute('axis', 'int', 0);
    if (node.attribute('reduction', 'text', 'none') !== 'add') node.fail('reduction = add', 'another one');
    return (inputs) => {
      const [x, index, source] = inputs as readonly [Tensor, Tensor, Tensor];
      const at = normalizeAxis('ScatterElements', axis, x.ndim);
      return [scatterAdd(x, at, positions('ScatterElements', index, x.shape[at]), source)];
    };
  },
};

/** The lower or upper triangle of the last two axes, 0 elsewhere. */
const triangle: Operator = {
  inputs: [1, 2],
  read: [1],
  prepare(node) {
    const isUpper = node.flag('upper', true);
    return ([given, diagonal]) => {
      const x = given as Tensor;
      const [rows, columns] = x.shape.slice(-2);
      if (x.ndim < 2) throw new ShapeError(expected('Trilu', 'at least two axes', shapeText(x.shape)));
      const k = diagonal?.itemSync() ?? 0;
      const isIn = (i: number) => {
        const distance = (i % columns) - Math.floor(i / columns);
        return Number(isUpper ? distance >= k : distance <= k);
      };
      const mask = Array.from({ length: rows * columns }, (_, i) => isIn(i));
      return [where(fromHost('Trilu', mask, [rows, columns], 'bool', x.storage.backend), x, 0)];
    };
  },
};

/** Operators that select elements by their position. */
export const indexOperators: Operators = {
  Gather: gathering,
  GatherElements: gatheringElements,
  ScatterElements: scatteringElements,
  Trilu: triangle,
};
