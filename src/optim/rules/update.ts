import { type Formula, formula } from '../../formula/formula.js';

/** How weight decay enters: into the gradient, as the gradient of a penalty does, or straight into the parameter. */
export type Decay = 'l2' | 'decoupled';

/** What happens to the gradient and the parameter before an algorithm sees them. */
export interface Preparation {
  /** Climb instead of descend. */
  readonly maximize: boolean;
  /** null where the weight decay is 0. */
  readonly decay: Decay | null;
}

/** Lines of an update rule with what they need besides the parameter and its gradient. */
export interface Lines {
  /**
   * A formula over `theta` (the parameter), `g` (its gradient, decay and sign included), the slots and the scalars;
   * see `formula` for the language.
   */
  readonly text: string;
  /** Tensors kept for each parameter, with the value that they start from or the name of the scalar that holds it. */
  readonly slots?: Readonly<Record<string, number | string>>;
  /** Two slots that change roles on even steps, so that nothing is copied. */
  readonly alternate?: readonly [string, string];
  /** Numbers that the algorithm's `scalars` gives. */
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

  /** The rule behind a preparation, over the tensors `theta`, `grad` and the slots; parsed when first used, like every formula of the package. */
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
 * Puts lines together into one update rule.
 * @throws FormulaError when first used, for syntax errors, unknown and unused names
 */
export function update(...parts: readonly Lines[]): Update {
  return new Update(parts);
}
