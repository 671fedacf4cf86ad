import type { DeviceName, Menus, OptimizerChoice, Pair, Settings } from '../protocol.js';
import { byId, make, pairById } from './elements.js';

/** The optimizers selected initially, if the menu has them. */
const preferred: Pair<string> = ['sgd', 'pnm'];

/** The menus and fields with the settings of a comparison. */
export class Choices {
  readonly #device = byId('device', HTMLSelectElement);
  readonly #batchSize = byId('batch-size', HTMLSelectElement);
  readonly #optimizers = pairById('optimizer', HTMLSelectElement);
  readonly #rates = pairById('lr', HTMLInputElement);
  #known: readonly OptimizerChoice[] = [];

  constructor() {
    for (const [i, menu] of this.#optimizers.entries()) menu.addEventListener('change', () => this.#suggestRate(i));
  }

  /** Fills the menus, and lists below them what is unavailable and why. Keeps earlier choices. */
  fill({ devices, optimizers, notes }: Menus): void {
    const missing = devices.flatMap(({ label, problem }) =>
      problem === null ? [] : [`${label} is unavailable: ${problem}.`],
    );
    const list = byId('notes', HTMLUListElement);
    list.replaceChildren(...[...missing, ...notes].map((text) => make('li', {}, text)));
    list.hidden = missing.length + notes.length === 0;
    if (this.#known.length > 0) return;
    this.#device.replaceChildren(
      ...devices.map(({ name, label, problem }) =>
        make(
          'option',
          { value: name, disabled: problem !== null },
          problem === null ? label : `${label} – unavailable`,
        ),
      ),
    );
    this.#device.value = devices.find(({ problem }) => problem === null)?.name ?? '';
    this.#known = optimizers;
    for (const [i, menu] of this.#optimizers.entries()) {
      menu.replaceChildren(...optimizers.map(({ name, label }) => make('option', { value: name }, label)));
      menu.value = optimizers.find(({ name }) => name === preferred[i])?.name ?? optimizers[0].name;
      this.#suggestRate(i);
    }
  }

  /** Disables or enables all menus and fields. Returns true if one that is now disabled had the focus. */
  lock(locked: boolean): boolean {
    const fields: Element[] = [this.#device, this.#batchSize, ...this.#optimizers, ...this.#rates];
    const focused = document.activeElement;
    for (const field of fields) field.toggleAttribute('disabled', locked);
    return locked && focused !== null && fields.includes(focused);
  }

  get settings(): Settings {
    const side = (i: 0 | 1) => ({ optimizer: this.#optimizers[i].value, lr: this.#rates[i].valueAsNumber });
    return {
      device: this.#device.value as DeviceName,
      batchSize: Number(this.#batchSize.value),
      sides: [side(0), side(1)],
    };
  }

  /** Names of the sides for charts and sentences: A SGD, B PNM. */
  get names(): Pair<string> {
    const label = (i: 0 | 1) => this.#optimizers[i].selectedOptions[0]?.label ?? '';
    return [`A ${label(0)}`, `B ${label(1)}`];
  }

  #suggestRate(side: number): void {
    const chosen = this.#known.find(({ name }) => name === this.#optimizers[side].value);
    if (chosen) this.#rates[side].value = String(chosen.lr);
  }
}
