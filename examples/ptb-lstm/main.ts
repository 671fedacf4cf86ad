// Trains an LSTM language model once with each of several optimizers and compares the results, or writes text with
// trained models. `npm run ptb -- --help` lists the options.
import { setDevice, setThreads } from 'antinode';
import { compare } from '../shared/compare.js';
import { openRun } from '../shared/open-run.js';
import { runMain } from '../shared/user-error.js';
import { loadCorpus } from './corpus.js';
import { readOptions } from './options.js';
import { epochLine, introduction, reportOf } from './results.js';
import { sampleText, vocabularyFile } from './sample.js';
import { beginTrial } from './trial.js';

await runMain(async () => {
  const line = readOptions(process.argv.slice(2));
  const { corpus: name, layers, hidden } = line.settings;
  // Create the folder first, so that a run whose results cannot be written fails before it trains.
  const run = await openRun('ptb-lstm', `lstm-${layers}x${hidden}-${name}`, line);
  const { folder, settings, resume } = run;
  await setDevice(settings.device);
  if (line.besides.threads !== null) setThreads(line.besides.threads);

  const { sample } = line.besides;
  if (sample === null || !resume) {
    const corpus = await loadCorpus(settings, line.besides);
    await folder.replace(vocabularyFile, JSON.stringify(corpus.vocabulary));
    await compare(run, line.besides, {
      introduction: introduction(settings, corpus),
      begin: (i) => beginTrial(settings, corpus, i),
      epochLine,
      reportOf: (rows) => reportOf(settings, corpus, rows),
    });
    if (sample !== null) console.log();
  }
  if (sample !== null) console.log(await sampleText(folder, settings, { ...line.besides, sample }));
});
