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

/** What decides the numbers of a run; config.json holds it, and a resumed run takes it from there. */
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

/** What does not decide the numbers of a run. */
export interface Besides extends Surroundings {
  readonly url: string | null;
  readonly paper: boolean;
  /** Words to write with the trained models. */
  readonly sample: number | null;
  readonly prompt: string;
  readonly temperature: number;
}

const besides = [...surroundings, 'url', 'paper', 'sample', 'prompt', 'temperature'] as const;

/** The configuration of Xie et al. 2021, appendix B.3. Epochs and schedule are not in the paper; these are usual ones. */
const paper: Partial<Settings> = {
  ...{ corpus: 'ptb', trainSize: null, testSize: null, embedding: 512, hidden: 512, layers: 2, dropout: 0.5 },
  ...{ tieWeights: false, batchSize: 20, bptt: 35, clip: 1, epochs: 40, schedule: '50%,75%' },
  optimizer: ['adapnm', 'adam', 'amsgrad'],
  lr: [1e-3],
};

/** Reads the command line. Commander prints problems and help, then throws CommanderError. */
export function readOptions(args: readonly string[]): CommandLine<Settings, Besides> {
  const command = new Command('ptb-lstm').description(
    'Trains an LSTM language model with one optimizer after another and compares them.',
  );
  const size = wholeNumber(1);
  for (const each of [
    option('--corpus <name>', 'speeches, ptb or files', oneOf(['speeches', 'ptb', 'files']), 'speeches'),
    option('--train-file <file>', 'text to train on, instead of a corpus', String, null, 'none'),
    option('--valid-file <file>', 'text to measure on after each epoch', String, null, 'none'),
    option('--test-file <file>', 'text to measure on after each epoch', String, null, 'none'),
    option('--train-size <n>', 'words of the training text to use', size, 200_000),
    option('--test-size <n>', 'words of each other text to use', wholeNumber(2), 20_000),
    option('--embedding <n>', "length of a word's vector (the paper: 512)", size, 128),
    option('--hidden <n>', 'length of a layer (the paper: 512)', size, 128),
    option('--layers <n>', 'LSTM layers', size, 2),
    option(
      '--dropout <share>',
      'on embeddings, between layers, on outputs',
      numberIn(0, 1, 'a number from 0 to 1'),
      0.2,
      '0.2; the paper: 0.5',
    ),
    new Option('--tie-weights', 'share the vectors of words with the outputs').default(false),
    ...optimizerOptions(['adapnm', 'adam'], '1e-2; sgd 1, pnm 10, padam 0.1', '1e-5', '1'),
    option('--decay <kind>', 'l2 or decoupled', oneOf(['l2', 'decoupled']), 'l2'),
    scheduleOption('75%'),
    option('--clip <norm>', 'largest norm of the gradient; 0 does not clip', notNegative, 1),
    option('--epochs <n>', 'epochs per optimizer', size, 4),
    option('--batch-size <n>', 'columns that are read side by side', size, 20),
    option('--bptt <n>', 'steps that gradients flow back through', size, 35),
    option('--seed <n>', 'of initialisation, dropout and sampling', wholeNumber(0), 1),
    new Option('--paper', "the paper's configuration, where no option says otherwise").default(false),
    ...runOptions('folder with the corpus', 'a cache; speeches are fetched'),
    option('--url <address>', 'folder to fetch Penn Treebank from', String, null, 'none'),
    option('--sample <n>', 'words to write: after training, or with --resume DIR at once', size, null, 'none'),
    option('--prompt <text>', 'what the sample begins with', String, 'the'),
    option('--temperature <t>', 'below 1 safer words, above 1 bolder ones', positive, 1),
  ]) {
    command.addOption(each);
  }
  const line = readCommandLine<Settings, Besides>(command, args, besides);
  return check({ ...line, settings: withFiles(line.besides.paper ? withPaper(line) : line) });
}

/** The paper's settings, but for those that were given. A resumed run has its own. */
function withPaper({ settings, given, resume }: CommandLine<Settings, Besides>): {
  settings: Settings;
  given: readonly string[];
} {
  if (resume !== null) return { settings, given };
  const kept = Object.fromEntries(given.map((name) => [name, settings[name]]));
  return { settings: { ...settings, ...paper, ...kept }, given };
}

/** A file to train on is a corpus of its own, used whole unless sizes are given. */
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
    throw new UserError(`option '--url': expected --corpus ptb beside it, got ${corpus}`);
  }
  if (tieWeights && embedding !== hidden) {
    throw new UserError(
      `option '--tie-weights': expected --embedding and --hidden alike, got ${embedding} and ${hidden}`,
    );
  }
  return line;
}
