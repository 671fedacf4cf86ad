// Trains a convolutional network on CIFAR or on images of a folder once with each of several optimizers, and compares the results.
// `npm run cifar -- --help` lists the options.
import { setDevice, setThreads } from 'antinode';
import { compare } from '../shared/compare.js';
import { withRun } from '../shared/run.js';
import { runMain } from '../shared/user-error.js';
import { loadImages } from './data.js';
import { readOptions } from './options.js';
import { epochLine, introduction, reportOf } from './results.js';
import { beginTrial } from './trial.js';

await runMain(async () => {
  const line = readOptions(process.argv.slice(2));
  const { model, width } = line.settings;
  // The folder comes first, so that a run whose results cannot be written fails before it trains.
  await withRun('cifar', `${model}-w${width}`, line, async (run) => {
    const { settings } = run;
    await setDevice(settings.device);
    if (line.besides.threads !== null) setThreads(line.besides.threads);

    const images = await loadImages(settings, line.besides.data);
    await compare(run, line.besides, {
      introduction: introduction(settings),
      begin: (i) => beginTrial(settings, images, i, line.besides.workers),
      epochLine,
      reportOf: (rows) => reportOf(settings, rows),
    });
  });
});
