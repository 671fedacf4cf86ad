import { optim } from 'antinode';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { listOf, numberIn, oneOf, wholeNumber } from './options.js';
import { UserError } from './user-error.js';

/** Settings common to all examples. With those specific to an example, they determine the results of a run. */
export interface TrainingSettings {
  readonly optimizer: readonly string[];
  readonly lr: readonly number[] | null;
  readonly beta0: number | null;
  readonly weightDecay: readonly number[] | null;
  readonly decay: 'l2' | 'decoupled' | null;
  readonly schedule: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly device: string;
}

/** Options that can change without changing the results of a run. */
export interface Surroundings {
  readonly threads: number | null;
  readonly data: string | null;
  /** Minutes between checkpoints in the middle of an epoch. */
  readonly saveEvery: number;
}

/** The names of the options in Surroundings. */
export const surroundings = ['threads', 'data', 'saveEvery'] as const satisfies readonly (keyof Surroundings)[];

/** A command line, parsed and checked. */
export interface CommandLine<S, B = Surroundings> {
  readonly settings: S;
  readonly besides: B;
  /** The folder for the run; null to create a folder in runs/. */
  readonly out: string | null;
  /** The folder of the run to resume; null to begin a new run. */
  readonly resume: string | null;
  /** The settings given on the command line; the others have their defaults. */
  readonly given: readonly (keyof S & string)[];
}

/** Reads a number above 0. */
export const positive = numberIn(Number.MIN_VALUE, Number.MAX_VALUE, 'a number above 0');

/** Reads a number of at least 0. */
export const notNegative = numberIn(0, Number.MAX_VALUE, 'a number of at least 0');

/** An option whose value `parse` reads. Help shows the default value, or `shown` if given. */
export function option(
  flags: string,
  text: string,
  parse: (value: string) => unknown,
  value: unknown,
  shown?: string,
): Option {
  return new Option(flags, text).argParser(parse).default(value, shown);
}

/** The options that choose and configure the optimizers. */
export function optimizerOptions(names: readonly string[], lr: string, weightDecay: string, beta0: string): Option[] {
  const optimizers = (text: string): readonly string[] => {
    const list = text === 'all' ? optim.names : listOf(oneOf(optim.names))(text);
    if (new Set(list).size < list.length) throw new InvalidArgumentError('Expected each optimizer once.');
    return list;
  };
  return [
    option('--optimizer <a,b,..>', `all, or some of ${optim.names.join(', ')}`, optimizers, names, names.join()),
    option('--lr <number,..>', 'learning rate: one for all or one per optimizer', listOf(positive), null, lr),
    option('--beta0 <number>', 'beta0 of pnm and adapnm', numberIn(-1e6, 1e6, 'a number'), null, beta0),
    option(
      '--weight-decay <number,..>',
      'weight decay: one for all or one per optimizer',
      listOf(notNegative),
      null,
      weightDecay,
    ),
  ];
}

/** The options for the device, the data and the folder of a run. `dataText` and `dataDefault` describe `--data`. */
export function runOptions(dataText: string, dataDefault: string): Option[] {
  return [
    option('--threads <n>', 'number of compute threads', wholeNumber(1), null, 'all cores'),
    option('--device <name>', 'cpu, reference or gpu', oneOf(['cpu', 'reference', 'gpu']), 'cpu'),
    option('--data <dir>', dataText, String, null, dataDefault),
    option('--out <dir>', 'folder for the results', String, null, 'runs/<time>-<name>'),
    option('--save-every <minutes>', 'time between checkpoints in an epoch; 0: every step', notNegative, 5),
    new Option('--resume [dir]', 'resume the run in a folder').default(null, 'begin a new run'),
  ];
}

/** The option `--schedule`, for `milestonesOf`. Help shows the default value, or `shown` if given. */
export function scheduleOption(value: string | null, shown?: string): Option {
  return option(
    '--schedule <a,b,..>',
    'epochs or percentages after which lr is divided by 10, or none',
    scheduleText,
    value,
    shown,
  );
}

/**
 * Reads a command line. Options named in `besides` are not settings.
 *
 * @throws CommanderError when the arguments are invalid or ask for help, after Commander has printed the error or help.
 * @throws UserError when options contradict each other.
 */
export function readCommandLine<S extends TrainingSettings, B extends object>(
  command: Command,
  args: readonly string[],
  besides: readonly (keyof B & string)[],
): CommandLine<S, B> {
  command.helpOption('--help', 'show this help').allowExcessArguments(false).exitOverride();
  command.parse([...args], { from: 'user' });
  const { out, resume, ...options } = command.opts<{ out: string | null; resume: string | true | null }>();
  if (resume === true && out === null) {
    throw new UserError("option '--resume' needs the folder of the run: --resume DIR, or --resume with --out DIR");
  }
  const [inside, outside] = [false, true].map((wanted) =>
    Object.fromEntries(
      Object.entries(options).filter(([name]) => (besides as readonly string[]).includes(name) === wanted),
    ),
  );
  const settings = inside as unknown as S;
  const { optimizer, lr, weightDecay } = settings;
  for (const [name, list] of [['--lr', lr] as const, ['--weight-decay', weightDecay] as const]) {
    if (list && list.length !== 1 && list.length !== optimizer.length) {
      throw new UserError(
        `option '${name}': expected one number, or ${optimizer.length} (one per optimizer), got ${list.length}`,
      );
    }
  }
  const names = Object.keys(settings) as (keyof S & string)[];
  const given = names.filter((name) => command.getOptionValueSource(name) === 'cli');
  return { settings, besides: outside as B, out, resume: resume === true ? out : resume, given };
}

/** Options for creating an optimizer. */
export type OptimizerOptions = { lr: number } & Record<string, number | string | boolean>;

/** The value for the i-th optimizer from a list with one value for all or one value per optimizer. */
export function valueFor(list: readonly number[] | null, i: number): number | undefined {
  return list?.[list.length === 1 ? 0 : i];
}

const milestone = /^(\d+)(\.\d+)?(%?)$/;

function scheduleText(text: string): string {
  const parts = text.split(',').map((part) => part.trim());
  const right = (part: string) => milestone.test(part) && (part.endsWith('%') || !part.includes('.'));
  if (text === 'none' || parts.every(right)) return parts.join(',');
  throw new InvalidArgumentError('Expected epochs or percentages such as 80,160 or 40%,80%, or none.');
}

/** The epochs after which a schedule divides the learning rate by 10. */
export function milestonesOf({ schedule, epochs }: Pick<TrainingSettings, 'schedule' | 'epochs'>): number[] {
  if (schedule === 'none') return [];
  return schedule.split(',').map((part) => {
    const value = Number.parseFloat(part);
    // Even a short run begins at the full learning rate.
    return part.endsWith('%') ? Math.max(1, Math.round((epochs * value) / 100)) : value;
  });
}

/** The settings of a run by name, and the epochs after which the learning rate is divided by 10. */
export function settingsTable(settings: TrainingSettings): [name: string, value: string][] {
  const chosen = Object.entries(settings).filter(([, value]) => value !== null && !Array.isArray(value));
  return [
    ...chosen.map(([name, value]): [string, string] => [name, String(value)]),
    ['learning rate divided by 10 after epochs', milestonesOf(settings).join(', ') || 'none'],
  ];
}
