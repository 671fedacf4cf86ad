import type { Begun, Pair, Stepped, Tested } from '../protocol.js';
import { Chart } from './chart.js';
import { Curve, Smooth } from './curve.js';
import { byId, pairById } from './elements.js';
import { inFrame } from './frame.js';

/** Steps after which the weight of a value halves in the smoothed loss curve and in the speeds. */
const halfLife = 10;

const none = '–';

/** The curves and figures of the current comparison. */
export class Progress {
  readonly #lossChart = new Chart(byId('loss-chart', HTMLElement), {
    title: 'Training loss',
    format: (value) => value.toFixed(value < 0.1 ? 3 : 2),
    tick: String,
    // Losses fall by orders of magnitude.
    range: 'logarithmic',
  });
  readonly #accuracyChart = new Chart(byId('accuracy-chart', HTMLElement), {
    title: 'Test accuracy',
    format: (value) => `${(100 * value).toFixed(1)} %`,
    tick: (value) => `${Math.round(100 * value)} %`,
    // The end of the curves matters most, so the beginning may be cut off.
    range: (lateLow) => [Math.max(0, Math.floor(10 * lateLow - 0.3) / 10), 1],
  });
  readonly #losses = pairById('loss', HTMLElement);
  readonly #accuracies = pairById('accuracy', HTMLElement);
  readonly #speeds = pairById('speed', HTMLElement);
  readonly #testCount = byId('test-count', HTMLElement);
  readonly #memory = byId('fact-memory', HTMLElement);
  readonly #steps = byId('fact-steps', HTMLElement);
  readonly #drawStep = inFrame(() => this.#showStep());
  readonly #drawTest = inFrame(() => this.#showTest());

  #batchSize = 0;
  #trainCount = 0;
  #loss = new Curve();
  #smoothLoss = new Curve();
  #accuracy = new Curve();
  #smooth = new Smooth(halfLife);
  #time = new Smooth(halfLife);
  #last: { stepped: Stepped; losses: Pair<number>; seconds: Pair<number> } | null = null;
  #tested: Tested | null = null;

  /** Steps done so far. */
  get steps(): number {
    return this.#last?.stepped.step ?? 0;
  }

  /** Clears everything for a new comparison, with new names of the sides. */
  clear(names: Pair<string>, batchSize: number, trainCount: number): void {
    this.#batchSize = batchSize;
    this.#trainCount = trainCount;
    this.#loss = new Curve();
    this.#smoothLoss = new Curve();
    this.#accuracy = new Curve();
    this.#smooth = new Smooth(halfLife);
    this.#time = new Smooth(halfLife);
    this.#last = null;
    this.#tested = null;
    this.#lossChart.clear(names);
    this.#accuracyChart.clear(names);
    this.#testCount.textContent = '';
    for (const each of [...this.#losses, ...this.#accuracies, ...this.#speeds, this.#memory, this.#steps]) {
      each.textContent = none;
    }
  }

  begin({ device, threads, parameters }: Begun): void {
    const of = threads === null ? '' : threads === 1 ? ', 1 thread' : `, ${threads} threads`;
    byId('fact-device', HTMLElement).textContent = `${device}${of}`;
    byId('fact-network', HTMLElement).textContent = `${parameters.toLocaleString('en')} parameters per side`;
  }

  step(stepped: Stepped): void {
    const { step, losses: values } = stepped;
    const losses = this.#smooth.add(values);
    // The first step includes the compilation of kernels, so it is no measure of speed.
    const seconds = step === 1 ? stepped.seconds : this.#time.add(stepped.seconds);
    this.#loss.add({ step, values });
    this.#smoothLoss.add({ step, values: losses });
    this.#last = { stepped, losses, seconds };
    this.#drawStep();
  }

  test(tested: Tested): void {
    this.#accuracy.add({ step: tested.step, values: tested.accuracies });
    this.#tested = tested;
    this.#drawTest();
  }

  #showStep(): void {
    this.#lossChart.show(this.#smoothLoss.points, this.#loss.points);
    if (!this.#last) return;
    const { stepped, losses, seconds } = this.#last;
    for (const i of [0, 1] as const) {
      this.#losses[i].textContent = Number.isFinite(losses[i]) ? losses[i].toFixed(3) : 'diverged';
      this.#speeds[i].textContent = stepped.step === 1 ? none : rounded(this.#batchSize / seconds[i]);
    }
    const epochs = (stepped.step * this.#batchSize) / this.#trainCount;
    this.#steps.textContent = `${stepped.step.toLocaleString('en')} (${epochs.toFixed(2)} epochs)`;
    this.#memory.textContent = `${megabytes(stepped.bytes)} now, ${megabytes(stepped.peakBytes)} at most`;
  }

  #showTest(): void {
    this.#accuracyChart.show(this.#accuracy.points);
    this.#testCount.textContent = this.#tested ? `on ${this.#tested.count.toLocaleString('en')} images` : '';
    for (const i of [0, 1] as const) {
      this.#accuracies[i].textContent = this.#tested ? `${(100 * this.#tested.accuracies[i]).toFixed(1)} %` : none;
    }
  }
}

function rounded(value: number): string {
  return Number(value.toPrecision(value < 100 ? 2 : 3)).toLocaleString('en');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
