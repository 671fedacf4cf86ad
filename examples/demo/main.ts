// Serves a page that trains a small network on MNIST in the browser. `npm run demo -- --help` lists the options.
import { runMain } from '../shared/user-error.js';
import { bundlePage } from './bundle.js';
import { imageRoutes, loadImages } from './images.js';
import { readOptions } from './options.js';
import { serve } from './serve.js';

await runMain(async () => {
  const { port, host, data } = readOptions(process.argv.slice(2));
  const images = await loadImages(data);
  const { url } = await serve(new Map([...(await bundlePage()), ...imageRoutes(images)]), { port, host });
  console.log(`The demo is at ${url}. Press Ctrl-C to stop it.`);
});
