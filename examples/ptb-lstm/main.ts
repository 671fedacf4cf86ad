// Trains an LSTM language model once with each of several optimizers and compares the results, or writes text with
// trained models. `npm run ptb -- --help` lists the options.
import { setDevice, setThreads } from 'antinode';
import { compare } from '../shared/compare.js';
import { readRun, type StoredRun, withRun } from '../shared/run.js';
import { runMain } from '../shared/user-error.js';
import { loadCorpus } from './corpus.js';
import { readOptions, type Settings } from './options.js';
import { epochLine, introduction, reportOf } from './results.js';
import { sampleText, vocabularyFile } from './sample.js';
import { beginTrial } from './trial.js';

await runMain(async () => {
  const line = readOptions(process.argv.slice(2));
  const { corpus: name, layers, hidden } = line.settings;
  const { sample, threads } = line.besides;
  const prepare = async ({ device }: Settings): Promise<void> => {
    await setDevice(device);
    if (threads !== null) setThreads(threads);
  };
  const write = async ({ folder, settings }: StoredRun<Settings>): Promise<void> => {
    if (sample !== null) console.log(await sampleText(folder, settings, { ...line.besides, sample }));
  };
  if (sample !== null && line.resume !== null) {
    const run = await readRun(line.resume, line);
    await prepare(run.settings);
    return write(run);
  }
  // The folder comes first, so that a run whose results cannot be written fails before it trains.
  await withRun('ptb-lstm', `lstm-${layers}x${hidden}-${name}`, line, async (run) => {
    const { folder, settings } = run;
    await prepare(settings);
    const corpus = await loadCorpus(settings, line.besides);
    await folder.replace(vocabularyFile, JSON.stringify(corpus.vocabulary));
    await compare(run, line.besides, {
      introduction: introduction(settings, corpus),
      begin: (i) => beginTrial(settings, corpus, i),
      epochLine,
      reportOf: (rows) => reportOf(settings, corpus, rows),
    });
    if (sample !== null) console.log();
    await write(run);
  });
});
