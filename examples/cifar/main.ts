// Trains a residual network on CIFAR-10 with one optimizer after another, and compares them.
// `npm run cifar -- --help` shows what can be chosen.
import { setDevice, setThreads } from 'antinode';
import { duration, table } from '../shared/format.js';
import { reportPage } from '../shared/report.js';
import { runTrials } from '../shared/trials.js';
import { runMain } from '../shared/user-error.js';
import { loadImages } from './data.js';
import { readCommandLine } from './options.js';
import { epochLine, introduction, reportOf, resultsOf } from './results.js';
import { openRun } from './run.js';
import { beginTrial } from './trial.js';

await runMain(async () => {
  const line = readCommandLine(process.argv.slice(2));
  // The folder comes first: results that cannot be written need not be computed.
  const { folder, settings, resume } = await openRun(line);
  await setDevice(settings.device);
  if (line.threads !== null) setThreads(line.threads);

  const images = await loadImages(settings, line.data);
  console.log(introduction(settings));

  const start = performance.now();
  const rows = await runTrials(
    {
      folder,
      names: settings.optimizer,
      epochs: settings.epochs,
      begin: (i) => beginTrial(settings, images, i),
      describe: epochLine,
      onEpoch: (soFar) => folder.replace('report.html', reportPage(reportOf(settings, soFar))),
    },
    { resume },
  );

  console.log(`\n${table(resultsOf(settings, rows))}\n`);
  console.log(`${duration((performance.now() - start) / 1000)} in all. Report: ${folder.report}`);
});
