import { Command, Option } from 'commander';
import { numberIn, oneOf, wholeNumber } from '../shared/options.js';
import {
  type CommandLine,
  optimizerOptions,
  option,
  readCommandLine,
  runOptions,
  type Surroundings,
  scheduleOption,
  surroundings,
  type TrainingSettings,
} from '../shared/training.js';
import { UserError } from '../shared/user-error.js';

/** Networks with a configurable width, for 32 x 32 images and for those of a folder. */
export const models = ['resnet18', 'resnet34', 'resnet50', 'vgg16', 'densenet121', 'googlenet'] as const;

/** Where images come from; a folder has the layout of ImageNet. */
export const datasets = ['cifar10', 'cifar100', 'folder'] as const;

/** The settings that determine the results of a run. They are stored in config.json and read when a run is resumed. */
export interface Settings extends TrainingSettings {
  readonly dataset: (typeof datasets)[number];
  readonly model: (typeof models)[number];
  readonly width: number;
  /** Training images; null for all of them. */
  readonly trainSize: number | null;
  readonly testSize: number | null;
  /** Height and width of the images of a folder after preparation. */
  readonly imageSize: number;
  readonly labelNoise: number;
}

/** The options that do not affect the results of a run. */
export interface Besides extends Surroundings {
  /** Threads that read images of a folder. */
  readonly workers: number | null;
  readonly paper: boolean;
}

const besides = [...surroundings, 'workers', 'paper'] as const;

type Defaults = Pick<Settings, 'width' | 'schedule' | 'epochs' | 'batchSize' | 'trainSize' | 'testSize'>;

/** What is used for options that are not given; small, so that a run ends soon. */
const quick: Readonly<Record<Settings['dataset'], Defaults>> = {
  cifar10: { width: 16, schedule: '40%,80%', epochs: 10, batchSize: 128, trainSize: 10_000, testSize: 2000 },
  cifar100: { width: 16, schedule: '50%,75%', epochs: 10, batchSize: 128, trainSize: 10_000, testSize: 2000 },
  folder: { width: 64, schedule: '40%,80%', epochs: 10, batchSize: 32, trainSize: null, testSize: null },
};

const whole = { width: 64, trainSize: null, testSize: null };

/** The configurations of Xie et al. 2021, appendices B.1 and B.2. */
const paper: Readonly<Record<Settings['dataset'], Defaults>> = {
  cifar10: { ...whole, schedule: '80,160', epochs: 200, batchSize: 128 },
  cifar100: { ...whole, schedule: '100,150', epochs: 200, batchSize: 128 },
  folder: { ...whole, schedule: '60,120', epochs: 150, batchSize: 256 },
};

/**
 * Reads the command line.
 *
 * @throws CommanderError when the arguments are invalid or ask for help, after Commander has printed the error or help.
 * @throws UserError when options contradict each other.
 */
export function readOptions(args: readonly string[]): CommandLine<Settings, Besides> {
  const command = new Command('cifar')
    .description('Trains a network on CIFAR or on images of a folder with each optimizer and compares the results.')
    .addOption(option('--dataset <name>', datasets.join(', '), oneOf(datasets), 'cifar10'))
    .addOption(option('--model <name>', models.join(', '), oneOf(models), 'resnet18'));
  const size = wholeNumber(1);
  for (const each of [
    option('--width <channels>', 'channels of the first stage', size, null, '16; of a folder 64'),
    ...optimizerOptions(['sgd', 'pnm'], "the paper's", "the paper's", '1; 70 with label noise'),
    option('--decay <kind>', 'l2 or decoupled', oneOf(['l2', 'decoupled']), null, "each optimizer's own"),
    scheduleOption(null, '40%,80%; of cifar100 50%,75%'),
    option('--epochs <n>', 'epochs per optimizer', size, null, '10'),
    option('--batch-size <n>', 'images per step', size, null, '128; of a folder 32'),
    option('--train-size <n>', 'training images to use', size, null, '10000; of a folder all'),
    option('--test-size <n>', 'test images to use', size, null, '2000; of a folder all'),
    option('--image-size <n>', 'height and width to which images of a folder are cut', size, 224),
    option('--label-noise <share>', 'share of labels moved to the next class', share, 0),
    option('--seed <n>', 'seed of initialisation, order and augmentation', wholeNumber(0), 1),
    new Option('--paper', "use the paper's configuration for options not given").default(false),
    ...runOptions('folder with CIFAR, or with train and val or test', 'CIFAR-10: a cache'),
    option('--workers <n>', 'threads that read images of a folder', wholeNumber(0), null, 'all cores, up to 4'),
  ]) {
    command.addOption(each);
  }
  return check(completed(readCommandLine<Settings, Besides>(command, args, besides)));
}

const share = numberIn(0, 1, 'a number from 0 to 1');

/** Fills in the options that are not given. A resumed run keeps its own. */
function completed(line: CommandLine<Settings, Besides>): CommandLine<Settings, Besides> {
  const { settings, given } = line;
  const { dataset } = settings;
  const kept = Object.fromEntries(given.map((name) => [name, settings[name]]));
  return { ...line, settings: { ...settings, ...(line.besides.paper ? paper : quick)[dataset], ...kept } };
}

function check(line: CommandLine<Settings, Besides>): CommandLine<Settings, Besides> {
  const { settings, besides: own, resume } = line;
  const { dataset, trainSize, testSize } = settings;
  if (resume !== null) return line;
  if (dataset !== 'cifar10' && own.data === null) {
    const content = dataset === 'folder' ? 'train and val (or test)' : 'train.bin and test.bin';
    throw new UserError(`option '--dataset ${dataset}' needs --data DIR, a folder with ${content}`);
  }
  const sizes = [['--train-size', trainSize, 50_000] as const, ['--test-size', testSize, 10_000] as const];
  for (const [name, value, most] of sizes) {
    if (dataset === 'folder' || value === null || value <= most) continue;
    throw new UserError(`option '${name}': expected at most ${most}, got ${value}`);
  }
  return line;
}
