import { data, device, io, memory, resetPeakMemory, setDevice } from 'antinode';
import type { Pair, Report, Settings, SideIndex, Tested } from '../protocol.js';
import type { Gate } from './gate.js';
import { type Images, shownCount } from './images.js';
import { Side } from './side.js';

/** A test uses this many images, but ends early once it has taken this many seconds. */
const testCount = 1000;
const testSeconds = 1;

/** Training gets at least this many times as much time as testing. */
const trainShare = 4;

/** Two copies of one network, trained on the same batches by two optimizers. */
export class Comparison {
  readonly #settings: Settings;
  readonly #images: Images;
  readonly #sides: Pair<Side>;
  #steps = 0;

  private constructor(settings: Settings, images: Images, sides: Pair<Side>) {
    this.#settings = settings;
    this.#images = images;
    this.#sides = sides;
  }

  /** Starts the device and creates both sides on it. Rejects with the error if the device cannot start. */
  static async begin(settings: Settings, images: Images): Promise<Comparison> {
    await setDevice(settings.device);
    resetPeakMemory();
    const first = new Side(images, settings.sides[0]);
    try {
      return new Comparison(settings, images, [first, new Side(images, settings.sides[1])]);
    } catch (error) {
      first.dispose();
      throw error;
    }
  }

  /** Reports the device and the size of the network. */
  describe(): Report {
    const { description, threads } = device.info();
    const parameters = this.#sides[0].model.parameters().reduce((sum, { size }) => sum + size, 0);
    return { kind: 'begun', device: description, threads: device() === 'cpu' ? threads : null, parameters };
  }

  /** Trains and tests until the gate throws Stopped or something fails. */
  async train(gate: Gate, report: (report: Report) => void): Promise<never> {
    const { batchSize } = this.#settings;
    const loader = new data.DataLoader(this.#images.train, { batchSize, shuffle: true, dropLast: true, seed: 1 });
    let untilTest = 0; // seconds of training
    for (;;) {
      for await (const { images, labels } of loader) {
        await gate.pass();
        const first = await this.#sides[0].step(images, labels);
        const second = await this.#sides[1].step(images, labels);
        this.#steps++;
        const { bytes, peakBytes } = memory();
        report({
          kind: 'step',
          step: this.#steps,
          losses: [first.loss, second.loss],
          seconds: [first.seconds, second.seconds],
          ...{ bytes, peakBytes },
        });
        untilTest -= first.seconds + second.seconds;
        if (untilTest > 0) continue;
        const { result, seconds } = await this.#test(gate);
        report(result);
        untilTest = trainShare * seconds;
      }
    }
  }

  /** Tests both sides on the same images, as many as time allows. `seconds` is the computing time. */
  async #test(gate: Gate): Promise<{ result: Tested; seconds: number }> {
    const test = this.#images.test.slice(0, Math.min(testCount, this.#images.test.length));
    const guesses: Pair<number[]> = [[], []];
    let seconds = 0;
    for await (const { images } of new data.DataLoader(test, { batchSize: 50 })) {
      await gate.pass();
      const start = performance.now();
      for (const i of [0, 1] as const) guesses[i].push(...(await this.#sides[i].classify(images)));
      seconds += (performance.now() - start) / 1000;
      if (seconds > testSeconds) break;
    }
    const count = guesses[0].length;
    const accuracy = (of: readonly number[]) => of.filter((guess, i) => guess === test.labels[i]).length / count;
    const [first, second] = guesses;
    const result: Tested = {
      kind: 'test',
      step: this.#steps,
      count,
      accuracies: [accuracy(first), accuracy(second)],
      guesses: [first.slice(0, shownCount), second.slice(0, shownCount)],
    };
    return { result, seconds };
  }

  /** Encodes the weights of one side as a safetensors file. */
  async export(side: SideIndex): Promise<Extract<Report, { kind: 'file' }>> {
    const { optimizer, lr } = this.#settings.sides[side];
    const metadata = { data: 'MNIST', optimizer, lr: String(lr), steps: String(this.#steps) };
    const bytes = await io.encodeSafetensors(this.#sides[side].model.stateDict(), { metadata });
    const name = `mnist-${optimizer}-step-${this.#steps}.safetensors`;
    return { kind: 'file', name, bytes: bytes as Uint8Array<ArrayBuffer> };
  }

  dispose(): void {
    for (const side of this.#sides) side.dispose();
  }
}
