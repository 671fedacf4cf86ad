// Trains an LSTM language model with one optimizer after another, and compares them; or writes text with a trained one.
// `npm run ptb -- --help` shows what can be chosen.
import { setDevice, setThreads } from 'antinode';
import { duration, table, wrapped } from '../shared/format.js';
import { openRun } from '../shared/open-run.js';
import { reportPage } from '../shared/report.js';
import { runTrials } from '../shared/trials.js';
import { runMain } from '../shared/user-error.js';
import { loadCorpus } from './corpus.js';
import { readOptions } from './options.js';
import { epochLine, introduction, reportOf, resultsOf } from './results.js';
import { sampleText, vocabularyFile } from './sample.js';
import { beginTrial } from './trial.js';

await runMain(async () => {
  const line = readOptions(process.argv.slice(2));
  const { corpus: name, layers, hidden } = line.settings;
  // The folder comes first: results that cannot be written need not be computed.
  const { folder, settings, resume } = await openRun('ptb-lstm', `lstm-${layers}x${hidden}-${name}`, line);
  await setDevice(settings.device);
  if (line.besides.threads !== null) setThreads(line.besides.threads);
  if (line.besides.sample !== null) {
    console.log(await sampleText(folder, settings, line.besides));
    return;
  }

  const corpus = await loadCorpus(settings, line.besides);
  await folder.replace(vocabularyFile, JSON.stringify(corpus.vocabulary));
  console.log(wrapped(`${introduction(settings, corpus)}: ${settings.optimizer.join(', ')}`));

  const start = performance.now();
  const rows = await runTrials(
    {
      folder,
      names: settings.optimizer,
      epochs: settings.epochs,
      begin: (i) => beginTrial(settings, corpus, i),
      describe: (row) => epochLine(row, settings.optimizer),
      onEpoch: (soFar) => folder.replace('report.html', reportPage(reportOf(settings, corpus, soFar))),
    },
    { resume },
  );

  console.log(`\n${table(resultsOf(settings, corpus, rows))}\n`);
  console.log(`${duration((performance.now() - start) / 1000)} in all. Report: ${folder.report}`);
});
