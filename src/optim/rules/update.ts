import { type Formula, formula } from '../../formula/formula.js';

/** How weight decay is applied: to the gradient, as the gradient of a penalty, or directly to the parameter. */
export type Decay = 'l2' | 'decoupled';

/** The changes to the gradient and the parameter before an algorithm sees them. */
export interface Preparation {
  /** Ascend instead of descend. */
  readonly maximize: boolean;
  /** null if the weight decay is 0. */
  readonly decay: Decay | null;
}

/** Lines of an update rule, with the slots and scalars that they use besides the parameter and its gradient. */
export interface Lines {
  /**
   * A formula over `theta` (the parameter), `g` (its gradient, with decay and sign applied), the slots and the scalars;
   * see `formula` for the language.
   */
  readonly text: string;
  /** The tensors kept for each parameter, with their initial value or the name of the scalar that gives it. */
  readonly slots?: Readonly<Record<string, number | string>>;
  /** Two slots that swap roles on even steps, so that nothing is copied. */
  readonly alternate?: readonly [string, string];
  /** The names of the numbers that the lines use, which the algorithm's `scalars` returns. */
  readonly scalars?: readonly string[];
}

/** An update rule: one formula that reads and writes every element of parameter, gradient and slots once. */
export class Update {
  readonly slots: Readonly<Record<string, number | string>>;
  readonly alternate: readonly [string, string] | null;
  readonly #text: string;
  readonly #scalars: readonly string[];
  readonly #formulas = new Map<string, Formula>();

  constructor(parts: readonly Lines[]) {
    this.slots = Object.assign({}, ...parts.map((part) => part.slots));
    this.alternate = parts.find((part) => part.alternate)?.alternate ?? null;
    this.#text = parts.map((part) => part.text).join('\n');
    this.#scalars = parts.flatMap((part) => part.scalars ?? []);
  }

  /**
   * Returns the formula of a preparation followed by the rule, over the tensors `theta`, `grad` and the slots. Like
   * every formula of the package, it is parsed when first used.
   */
  formula({ maximize, decay }: Preparation): Formula {
    const key = `${maximize} ${decay}`;
    const known = this.#formulas.get(key);
    if (known) return known;
    const gradient = maximize ? '-grad' : 'grad';
    const lines = decay === 'l2' ? [`const g = ${gradient} + weightDecay * theta`] : [`const g = ${gradient}`];
    if (decay === 'decoupled') lines.push('theta = (1 - lr * weightDecay) * theta');
    const needed = { l2: ['weightDecay'], decoupled: ['lr', 'weightDecay'] };
    const made: Formula = formula([...lines, this.#text].join('\n'), {
      tensors: ['theta', 'grad', ...Object.keys(this.slots)],
      scalars: [...new Set([...this.#scalars, ...(decay ? needed[decay] : [])])],
    });
    this.#formulas.set(key, made);
    return made;
  }
}

/**
 * Combines lines into one update rule; later lines can use the names that earlier ones define.
 * @throws FormulaError when first used, for syntax errors, unknown names and unused names.
 */
export function update(...parts: readonly Lines[]): Update {
  return new Update(parts);
}
