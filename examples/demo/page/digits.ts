import type { Pair, Shown } from '../protocol.js';
import { byId, make } from './elements.js';

/** The test images, each with the predictions of both sides. */
export class Digits {
  readonly #list = byId('digits', HTMLUListElement);
  readonly #summary = byId('digits-summary', HTMLElement);
  readonly #introduction = this.#summary.textContent;
  #labels: readonly number[] = [];
  #guesses: Pair<HTMLElement>[] = [];

  /** Shows images without predictions. */
  show({ labels, pixels, height, width }: Shown): void {
    this.#labels = labels;
    this.#guesses = labels.map(() => [make('span', { className: 'guess a' }), make('span', { className: 'guess b' })]);
    this.#list.replaceChildren(
      ...labels.map((label, i) => {
        const image = pixels.subarray(i * height * width, (i + 1) * height * width);
        return make('li', {}, drawn(image, height, width, label), ...this.#guesses[i]);
      }),
    );
    this.clear();
  }

  /** Clears the predictions. */
  clear(): void {
    this.#summary.textContent = this.#introduction;
    for (const [i, pair] of this.#guesses.entries())
      for (const side of [0, 1] as const) this.#mark(i, side, null, pair);
  }

  /** Shows the predictions of both sides. The summary uses `names`. */
  guess(guesses: Pair<readonly number[]>, names: Pair<string>): void {
    for (const [i, pair] of this.#guesses.entries()) {
      for (const side of [0, 1] as const) this.#mark(i, side, guesses[side][i] ?? null, pair);
    }
    const right = guesses.map((of) => of.filter((guess, i) => guess === this.#labels[i]).length);
    const told = names.map((name, i) => `${name} reads ${right[i]} of ${guesses[i].length} right`);
    this.#summary.textContent = `${told.join(', ')}. ✓ right, ✗ wrong.`;
  }

  #mark(i: number, side: 0 | 1, guess: number | null, pair: Pair<HTMLElement>): void {
    const right = guess === this.#labels[i];
    const element = pair[side];
    element.classList.toggle('wrong', guess !== null && !right);
    const sign = guess === null ? '' : right ? '✓' : '✗';
    element.replaceChildren(
      make('span', { className: 'hidden' }, `side ${'AB'[side]}: `),
      guess === null ? '–' : String(guess),
      make('span', { className: 'sign', ariaHidden: 'true' }, sign),
      make('span', { className: 'hidden' }, guess === null ? ' no guess yet. ' : right ? ' right. ' : ' wrong. '),
    );
  }
}

/** Draws grey values (height, width) as an image, with ink where MNIST is white. */
function drawn(pixels: Uint8Array, height: number, width: number, label: number): HTMLCanvasElement {
  const canvas = make('canvas', { width, height, role: 'img', ariaLabel: `A handwritten ${label}` });
  const context = canvas.getContext('2d');
  const image = new ImageData(width, height);
  for (const [i, value] of pixels.entries()) image.data.set([value, value, value, 255], 4 * i);
  context?.putImageData(image, 0, 0);
  return canvas;
}
