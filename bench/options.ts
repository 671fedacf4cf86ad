import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type PartName, partNames } from './growth/parts.js';

/** The options of the benchmark. */
export interface Options {
  readonly peers: boolean;
  readonly browser: boolean;
  readonly only?: string;
  readonly json?: string;
  readonly threads: number;
  readonly device: string;
  readonly rounds: number;
  readonly roofline: boolean;
  readonly load?: readonly number[];
  readonly profile?: string;
  readonly trace?: string;
  /** True for all parts. */
  readonly growth?: true | PartName;
  readonly charts?: string;
}

/** The most busy processes of `--load`. */
const mostBusy = 256;

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError(`expected an integer >= 1, got ${text}`);
  return value;
}

/** The numbers in a list with commas, in ascending order. */
function counts(text: string): number[] {
  const values = text.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
  if (!values.every((value) => Number.isInteger(value) && value >= 0 && value <= mostBusy)) {
    throw new InvalidArgumentError(`expected integers from 0 to ${mostBusy} with commas between them, got ${text}`);
  }
  return [...new Set(values)].sort((a, b) => a - b);
}

/** The command line of the benchmark, not yet parsed. */
export function commandLine(): Command {
  return new Command('npm run bench --')
    .description('Times antinode on fixed workloads.')
    .option('--peers', 'also run PyTorch, tfjs-wasm and jax-js, alternately in the same run, and print ratios', false)
    .addOption(
      new Option(
        '--browser',
        'run in pages of Chromium, on one thread and on all; of the peers, only jax-js runs there',
      )
        .default(false)
        .conflicts('device'),
    )
    .option('--only <name>', 'run only the workloads whose name contains this')
    .option('--json <file>', 'write all measured times to a file')
    .option('--threads <n>', 'threads per framework, if configurable', positive, availableParallelism())
    .option('--device <name>', "antinode's device", 'cpu')
    .option('--rounds <n>', 'turns of each framework per workload; at most 2 if steps take seconds', positive, 3)
    .option('--no-roofline', "skip measuring the machine's limits")
    .addOption(
      new Option(
        '--load <counts>',
        'show instead how many times as long steps take beside so many busy processes, as in 2,4,8; of the peers, ' +
          'only PyTorch runs',
      )
        .argParser(counts)
        .conflicts(['browser', 'profile']),
    )
    .addOption(
      new Option('--profile <name>', 'show instead where the time of a step of one workload goes').conflicts([
        ...['peers', 'browser', 'only', 'json'],
      ]),
    )
    .option('--trace <file>', 'with --profile, write the Chrome trace of a step to a file')
    .addOption(
      new Option('--growth [part]', 'show instead how time and memory grow with the batch, the network and the threads')
        .choices(partNames)
        .conflicts(['profile', 'browser', 'device', 'load']),
    )
    .option('--charts <folder>', 'with --growth, write a chart of each part to a folder, as SVG');
}
