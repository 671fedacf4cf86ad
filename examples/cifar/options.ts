import { Command, InvalidArgumentError } from 'commander';
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

/** Models that take images of 32 x 32 and a width. */
export const models = ['resnet18', 'resnet34', 'resnet50'] as const;

/** What decides the numbers of a run; config.json holds it, and a resumed run takes it from there. */
export interface Settings extends TrainingSettings {
  readonly model: (typeof models)[number];
  readonly width: number;
  readonly trainSize: number;
  readonly testSize: number;
  readonly labelNoise: number;
}

/** Reads the command line. Commander prints problems and help, then throws CommanderError. */
export function readOptions(args: readonly string[]): CommandLine<Settings> {
  const command = new Command('cifar')
    .description('Trains a network on CIFAR-10 with one optimizer after another and compares them.')
    .addOption(option('--model <name>', models.join(', '), oneOf(models), 'resnet18'))
    .addOption(option('--width <channels>', 'channels of the first stage (the paper: 64)', wholeNumber(1), 16));
  for (const each of [
    ...optimizerOptions(['sgd', 'pnm'], "the paper's", "the paper's", '1; 70 with label noise'),
    option('--decay <kind>', 'l2 or decoupled', oneOf(['l2', 'decoupled']), null, "each optimizer's own"),
    scheduleOption('40%,80%'),
    option('--epochs <n>', 'epochs per optimizer (the paper: 200)', wholeNumber(1), 10),
    option('--batch-size <n>', 'images in a step', wholeNumber(1), 128),
    option('--train-size <n>', 'training images, of 50000', sizeUpTo(50_000), 10_000),
    option('--test-size <n>', 'test images, of 10000', sizeUpTo(10_000), 2000),
    option('--label-noise <share>', 'share of labels moved to the next class', share, 0),
    option('--seed <n>', 'of initialisation, order and augmentation', wholeNumber(0), 1),
    ...runOptions('folder with CIFAR-10', 'fetched once into a cache'),
  ]) {
    command.addOption(each);
  }
  return readCommandLine<Settings, Surroundings>(command, args, surroundings);
}

const share = numberIn(0, 1, 'a number from 0 to 1');

function sizeUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = wholeNumber(1)(text);
    if (value <= most) return value;
    throw new InvalidArgumentError(`Expected at most ${most}.`);
  };
}
