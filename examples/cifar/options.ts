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

/** Networks for 32 x 32 images with a configurable width. */
export const models = ['resnet18', 'resnet34', 'resnet50', 'vgg16', 'densenet121', 'googlenet'] as const;

/** The settings that determine the results of a run. They are stored in config.json and read when a run is resumed. */
export interface Settings extends TrainingSettings {
  readonly model: (typeof models)[number];
  readonly width: number;
  readonly trainSize: number;
  readonly testSize: number;
  readonly labelNoise: number;
}

/**
 * Reads the command line.
 *
 * @throws CommanderError when the arguments are invalid or ask for help, after Commander has printed the error or help.
 */
export function readOptions(args: readonly string[]): CommandLine<Settings> {
  const command = new Command('cifar')
    .description('Trains a network on CIFAR-10 with each optimizer and compares the results.')
    .addOption(option('--model <name>', models.join(', '), oneOf(models), 'resnet18'))
    .addOption(option('--width <channels>', 'channels of the first stage (the paper: 64)', wholeNumber(1), 16));
  for (const each of [
    ...optimizerOptions(['sgd', 'pnm'], "the paper's", "the paper's", '1; 70 with label noise'),
    option('--decay <kind>', 'l2 or decoupled', oneOf(['l2', 'decoupled']), null, "each optimizer's own"),
    scheduleOption('40%,80%'),
    option('--epochs <n>', 'epochs per optimizer (the paper: 200)', wholeNumber(1), 10),
    option('--batch-size <n>', 'images per step', wholeNumber(1), 128),
    option('--train-size <n>', 'training images, at most 50000', sizeUpTo(50_000), 10_000),
    option('--test-size <n>', 'test images, at most 10000', sizeUpTo(10_000), 2000),
    option('--label-noise <share>', 'share of labels moved to the next class', share, 0),
    option('--seed <n>', 'seed of initialisation, order and augmentation', wholeNumber(0), 1),
    ...runOptions('folder with CIFAR-10', 'downloaded once to a cache'),
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
