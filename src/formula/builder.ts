import { evaluate, type FormulaNode, type FormulaOperation, relations } from './nodes.js';

const truths: readonly string[] = [...relations, 'and', 'or', 'not'];

/** Collects the nodes of a formula. Equal operations share a node, constants are folded, and x + 0 and x * 1 are x. */
export class FormulaBuilder {
  readonly nodes: FormulaNode[] = [];
  readonly #known = new Map<string, number>();

  /** Returns the index of the node that computes `operation`, which may be an existing one. */
  add(operation: FormulaOperation): number {
    const simpler = this.#simplify(operation);
    if (typeof simpler === 'number') return simpler;
    const key = JSON.stringify(simpler);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { op, args } = simpler;
    const uniform = op !== 'load' && args.every((arg) => this.nodes[arg].uniform);
    this.nodes.push({ ...simpler, uniform, truth: truths.includes(op) });
    this.#known.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }

  /** Returns the index of a constant. */
  constant(value: number): number {
    return this.add({ op: 'constant', value, args: [] });
  }

  #simplify(operation: FormulaOperation): FormulaOperation | number {
    const { op, args } = operation;
    if (op === 'constant' || op === 'scalar' || op === 'load') return operation;
    const values = args.map((arg) => this.#valueOf(arg));
    if (op !== 'select' && values.every((value) => value !== undefined)) {
      const value = evaluate[op](...values);
      // a folded truth value would lose its kind, so relations of constants stay
      if (!truths.includes(op)) return { op: 'constant', value, args: [] };
    }
    const [a, b] = values;
    if (op === 'add' && a === 0) return args[1];
    if ((op === 'add' || op === 'sub') && b === 0) return args[0];
    if (op === 'sub' && a === 0) return this.#simplify({ op: 'neg', args: [args[1]] });
    if (op === 'mul' && a === 1) return args[1];
    if ((op === 'mul' || op === 'div') && b === 1) return args[0];
    if (op === 'select' && args[1] === args[2]) return args[1];
    return operation;
  }
  /** The value of a constant node, undefined for other nodes. */
  #valueOf(index: number): number | undefined {
    const node = this.nodes[index];
    return node.op === 'constant' ? node.value : undefined;
  }
}
