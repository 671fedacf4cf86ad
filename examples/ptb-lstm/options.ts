import { Command, Option } from 'commander';
import { numberIn, oneOf, wholeNumber } from '../shared/options.js';
import {
  type CommandLine,
  notNegative,
  optimizerOptions,
  option,
  positive,
  readCommandLine,
  runOptions,
  type Surroundings,
  scheduleOption,
  surroundings,
  type TrainingSettings,
} from '../shared/training.js';
import { UserError } from '../shared/user-error.js';

/** The settings that determine the results of a run. They are stored in config.json and read when a run is resumed. */
export interface Settings extends TrainingSettings {
  readonly corpus: 'speeches' | 'ptb' | 'files';
  readonly trainFile: string | null;
  readonly validFile: string | null;
  readonly testFile: string | null;
  readonly trainSize: number | null;
  readonly testSize: number | null;
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
  readonly dropout: number;
  readonly tieWeights: boolean;
  readonly bptt: number;
  readonly clip: number;
}

/** The options that do not affect the results of a run. */
export interface Besides extends Surroundings {
  readonly url: string | null;
  readonly paper: boolean;
  /** Words to write with the trained models. */
  readonly sample: number | null;
  readonly prompt: string;
  readonly temperature: number;
}

const besides = [...surroundings, 'url', 'paper', 'sample', 'prompt', 'temperature'] as const;

/** The configuration of Xie et al. 2021, appendix B.3. The paper gives no epochs or schedule; these are common choices. */
const paper: Partial<Settings> = {
  ...{ corpus: 'ptb', trainSize: null, testSize: null, embedding: 512, hidden: 512, layers: 2, dropout: 0.5 },
  ...{ tieWeights: false, batchSize: 20, bptt: 35, clip: 1, epochs: 40, schedule: '50%,75%' },
  optimizer: ['adapnm', 'adam', 'amsgrad'],
  lr: [1e-3],
};

/**
 * Reads the command line.
 *
 * @throws CommanderError when the arguments are invalid or ask for help, after Commander has printed the error or help.
 * @throws UserError when options contradict each other.
 */
export function readOptions(args: readonly string[]): CommandLine<Settings, Besides> {
  const command = new Command('ptb-lstm').description(
    'Trains an LSTM language model with each optimizer and compares the results.',
  );
  const size = wholeNumber(1);
  for (const each of [
    option('--corpus <name>', 'speeches, ptb or files', oneOf(['speeches', 'ptb', 'files']), 'speeches'),
    option('--train-file <file>', 'text to train on, instead of a corpus', String, null, 'none'),
    option('--valid-file <file>', 'text to validate on after each epoch', String, null, 'none'),
    option('--test-file <file>', 'text to test on after each epoch', String, null, 'none'),
    option('--train-size <n>', 'words of the training text to use', size, 200_000),
    option('--test-size <n>', 'words of each other text to use', wholeNumber(2), 20_000),
    option('--embedding <n>', 'size of word embeddings (the paper: 512)', size, 128),
    option('--hidden <n>', 'hidden size of each layer (the paper: 512)', size, 128),
    option('--layers <n>', 'LSTM layers', size, 2),
    option(
      '--dropout <share>',
      'dropout on embeddings, between layers and on outputs',
      numberIn(0, 1, 'a number from 0 to 1'),
      0.2,
      '0.2; the paper: 0.5',
    ),
    new Option('--tie-weights', 'use the word embeddings as output weights').default(false),
    ...optimizerOptions(['adapnm', 'adam'], '1e-2; sgd 1, pnm 10, padam 0.1', '1e-5', '1'),
    option('--decay <kind>', 'l2 or decoupled', oneOf(['l2', 'decoupled']), 'l2'),
    scheduleOption('75%'),
    option('--clip <norm>', 'maximum norm of the gradient; 0 disables clipping', notNegative, 1),
    option('--epochs <n>', 'epochs per optimizer', size, 4),
    option('--batch-size <n>', 'columns of the text that are read in parallel', size, 20),
    option('--bptt <n>', 'steps of backpropagation through time', size, 35),
    option('--seed <n>', 'seed of initialisation, dropout and sampling', wholeNumber(0), 1),
    new Option('--paper', "use the paper's configuration for options not given").default(false),
    ...runOptions('folder with the corpus', 'a cache; speeches are downloaded'),
    option('--url <address>', 'address of a folder to download Penn Treebank from', String, null, 'none'),
    option('--sample <n>', 'words to write after training, or at once with --resume DIR', size, null, 'none'),
    option('--prompt <text>', 'text that the sample begins with', String, 'the'),
    option('--temperature <t>', 'below 1: more likely words; above 1: less likely words', positive, 1),
  ]) {
    command.addOption(each);
  }
  const line = readCommandLine<Settings, Besides>(command, args, besides);
  return check({ ...line, settings: withFiles(line.besides.paper ? withPaper(line) : line) });
}

/** The paper's settings, except for those given on the command line. A resumed run keeps its own. */
function withPaper({ settings, given, resume }: CommandLine<Settings, Besides>): {
  settings: Settings;
  given: readonly string[];
} {
  if (resume !== null) return { settings, given };
  const kept = Object.fromEntries(given.map((name) => [name, settings[name]]));
  return { settings: { ...settings, ...paper, ...kept }, given };
}

/** If a training file is given, the corpus consists of the given files, which are used whole unless sizes are given. */
function withFiles({ settings, given }: { settings: Settings; given: readonly string[] }): Settings {
  if (settings.trainFile === null) return settings;
  const whole = (name: 'trainSize' | 'testSize') => (given.includes(name) ? settings[name] : null);
  return { ...settings, corpus: 'files', trainSize: whole('trainSize'), testSize: whole('testSize') };
}

function check(line: CommandLine<Settings, Besides>): CommandLine<Settings, Besides> {
  const { settings, besides: own, resume } = line;
  const { corpus, trainFile, validFile, testFile, tieWeights, embedding, hidden } = settings;
  const files = corpus === 'files' || validFile !== null || testFile !== null;
  if (resume === null && files && (trainFile === null || testFile === null)) {
    throw new UserError("option '--corpus files' needs --train-file and --test-file");
  }
  if (own.url !== null && corpus !== 'ptb' && resume === null) {
    throw new UserError(`option '--url': expected --corpus ptb, got --corpus ${corpus}`);
  }
  if (tieWeights && embedding !== hidden) {
    throw new UserError(
      `option '--tie-weights': expected --embedding and --hidden to be equal, got ${embedding} and ${hidden}`,
    );
  }
  return line;
}
