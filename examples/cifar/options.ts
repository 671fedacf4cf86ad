import { optim } from 'antinode';
import { Command, InvalidArgumentError, Option } from 'commander';
import { listOf, numberIn, oneOf, wholeNumber } from '../shared/options.js';
import { UserError } from '../shared/user-error.js';

/** Models that take images of 32 x 32 and a width. */
export const models = ['resnet18', 'resnet34', 'resnet50'] as const;

/** What decides the numbers of a run; config.json holds it, and a resumed run takes it from there. */
export interface Settings {
  readonly model: (typeof models)[number];
  readonly width: number;
  readonly optimizer: readonly string[];
  readonly lr: readonly number[] | null;
  readonly beta0: number | null;
  readonly weightDecay: readonly number[] | null;
  readonly decay: 'l2' | 'decoupled' | null;
  readonly schedule: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly trainSize: number;
  readonly testSize: number;
  readonly labelNoise: number;
  readonly seed: number;
  readonly device: string;
}

/** What a run may change without changing its numbers. */
export interface Surroundings {
  readonly threads: number | null;
  readonly data: string | null;
}

/** The command line, read and checked. */
export interface CommandLine extends Surroundings {
  readonly settings: Settings;
  /** The folder for the run; null for one of its own. */
  readonly out: string | null;
  /** The folder of the run to go on with; null to begin one. */
  readonly resume: string | null;
  /** The settings that were given, not defaults. */
  readonly given: readonly (keyof Settings)[];
}

/** The options as commander gives them. */
interface Options extends Settings, Surroundings {
  readonly out: string | null;
  readonly resume: string | true | null;
}

/** Reads the command line. Commander prints problems and help, then throws CommanderError. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const command = declare();
  command.parse([...args], { from: 'user' });
  const { threads, data, out, resume, ...settings } = command.opts<Options>();
  if (resume === true && out === null) {
    throw new UserError("option '--resume' needs the folder of the run: --resume DIR, or --resume with --out DIR");
  }
  const names = Object.keys(settings) as (keyof Settings)[];
  const given = names.filter((name) => command.getOptionValueSource(name) === 'cli');
  const { optimizer, lr, weightDecay } = settings;
  for (const [name, list] of [['--lr', lr] as const, ['--weight-decay', weightDecay] as const]) {
    if (list && list.length !== 1 && list.length !== optimizer.length) {
      throw new UserError(
        `option '${name}': expected one number, or ${optimizer.length} (one per optimizer), got ${list.length}`,
      );
    }
  }
  return { settings, threads, data, out, resume: resume === true ? out : resume, given };
}

function declare(): Command {
  const optimizers = (text: string): readonly string[] => {
    const names = text === 'all' ? optim.names : listOf(oneOf(optim.names))(text);
    if (new Set(names).size < names.length) throw new InvalidArgumentError('Expected each optimizer once.');
    return names;
  };
  const positive = numberIn(Number.MIN_VALUE, Number.MAX_VALUE, 'a number above 0');
  const notNegative = numberIn(0, Number.MAX_VALUE, 'a number of at least 0');
  const option = (flags: string, text: string, parse: (value: string) => unknown, value: unknown, shown?: string) =>
    new Option(flags, text).argParser(parse).default(value, shown);
  return new Command('cifar')
    .description('Trains a network on CIFAR-10 with one optimizer after another and compares them.')
    .addOption(option('--model <name>', models.join(', '), oneOf(models), 'resnet18'))
    .addOption(option('--width <channels>', 'channels of the first stage (the paper: 64)', wholeNumber(1), 16))
    .addOption(
      option('--optimizer <a,b,..>', `all, or of ${optim.names.join(', ')}`, optimizers, ['sgd', 'pnm'], 'sgd,pnm'),
    )
    .addOption(
      option('--lr <number,..>', 'learning rate, one or one per optimizer', listOf(positive), null, "the paper's"),
    )
    .addOption(
      option('--beta0 <number>', 'of pnm and adapnm', numberIn(-1e6, 1e6, 'a number'), null, '1; 70 with label noise'),
    )
    .addOption(
      option('--weight-decay <number,..>', 'one or one per optimizer', listOf(notNegative), null, "the paper's"),
    )
    .addOption(option('--decay <kind>', 'l2 or decoupled', oneOf(['l2', 'decoupled']), null, "each optimizer's own"))
    .addOption(
      option('--schedule <a,b,..>', 'epochs, or shares of them, at which lr / 10; or none', scheduleText, '40%,80%'),
    )
    .addOption(option('--epochs <n>', 'epochs per optimizer (the paper: 200)', wholeNumber(1), 10))
    .addOption(option('--batch-size <n>', 'images in a step', wholeNumber(1), 128))
    .addOption(option('--train-size <n>', 'training images, of 50000', sizeUpTo(50_000), 10_000))
    .addOption(option('--test-size <n>', 'test images, of 10000', sizeUpTo(10_000), 2000))
    .addOption(
      option(
        '--label-noise <share>',
        'share of labels moved to the next class',
        numberIn(0, 1, 'a number from 0 to 1'),
        0,
      ),
    )
    .addOption(option('--seed <n>', 'of initialisation, order and augmentation', wholeNumber(0), 1))
    .addOption(option('--threads <n>', 'threads that compute', wholeNumber(1), null, 'all cores'))
    .addOption(option('--device <name>', 'cpu, reference or gpu', oneOf(['cpu', 'reference', 'gpu']), 'cpu'))
    .addOption(option('--data <dir>', 'folder with CIFAR-10', String, null, 'fetched once into a cache'))
    .addOption(option('--out <dir>', 'folder for the results', String, null, 'runs/<time>-<name>'))
    .addOption(new Option('--resume [dir]', 'go on with the run in a folder').default(null, 'begin a run'))
    .helpOption('--help', 'show this help')
    .allowExcessArguments(false)
    .exitOverride();
}

function sizeUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(1)(text);
    if (value <= most) return value;
    throw new InvalidArgumentError(`Expected at most ${most}.`);
  };
}

const milestone = /^(\d+)(\.\d+)?(%?)$/;

function scheduleText(text: string): string {
  const parts = text.split(',').map((part) => part.trim());
  const right = (part: string) => milestone.test(part) && (part.endsWith('%') || !part.includes('.'));
  if (text === 'none' || parts.every(right)) return parts.join(',');
  throw new InvalidArgumentError('Expected epochs or percentages such as 80,160 or 40%,80%, or none.');
}

/** The epochs after which a schedule divides the learning rate by 10. */
export function milestonesOf({ schedule, epochs }: Pick<Settings, 'schedule' | 'epochs'>): number[] {
  if (schedule === 'none') return [];
  return schedule.split(',').map((part) => {
    const value = Number.parseFloat(part);
    // However short the run, it begins at the full learning rate.
    return part.endsWith('%') ? Math.max(1, Math.round((epochs * value) / 100)) : value;
  });
}
