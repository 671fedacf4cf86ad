// Trains a residual network on CIFAR-10 with one optimizer after another, and compares them.
// `npm run cifar -- --help` shows what can be chosen.
import { setDevice, setThreads } from 'antinode';
import { duration, table, wrapped } from '../shared/format.js';
import { openRun } from '../shared/open-run.js';
import { reportPage } from '../shared/report.js';
import { runTrials } from '../shared/trials.js';
import { runMain } from '../shared/user-error.js';
import { loadImages } from './data.js';
import { readOptions } from './options.js';
import { epochLine, introduction, reportOf, resultsOf } from './results.js';
import { beginTrial } from './trial.js';

await runMain(async () => {
  const line = readOptions(process.argv.slice(2));
  // The folder comes first: results that cannot be written need not be computed.
  const { model, width } = line.settings;
  const { folder, settings, resume } = await openRun('cifar', `${model}-w${width}`, line);
  await setDevice(settings.device);
  if (line.besides.threads !== null) setThreads(line.besides.threads);

  const images = await loadImages(settings, line.besides.data);
  console.log(wrapped(`${introduction(settings)}: ${settings.optimizer.join(', ')}`));

  const start = performance.now();
  const rows = await runTrials(
    {
      folder,
      names: settings.optimizer,
      epochs: settings.epochs,
      begin: (i) => beginTrial(settings, images, i),
      describe: (row) => epochLine(row, settings.optimizer),
      onEpoch: (soFar) => folder.replace('report.html', reportPage(reportOf(settings, soFar))),
    },
    { resume },
  );

  console.log(`\n${table(resultsOf(settings, rows))}\n`);
  console.log(`${duration((performance.now() - start) / 1000)} in all. Report: ${folder.report}`);
});
