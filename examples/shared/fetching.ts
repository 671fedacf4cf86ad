import type { data } from 'antinode';
import { bytes } from './format.js';
import { Progress } from './progress.js';

/** Runs `load`, which shows one bar after another for what it fetches and converts. */
export async function showFetching<R>(load: (onProgress: data.OnProgress) => Promise<R>): Promise<R> {
  let current: { message: string; bar: Progress } | null = null;
  const stop = () => {
    current?.bar.stop();
    current = null;
  };
  try {
    return await load(({ message, done, total }) => {
      if (total === 0 || current?.message !== message) {
        stop();
        // The bar vanishes, so what went on stays as a line.
        console.log(total > 1e6 ? `${message} (${bytes(total)})` : message);
        if (total > 0) current = { message, bar: new Progress('', total) };
      }
      current?.bar.update(done, total > 1e6 ? `${bytes(done)} of ${bytes(total)}` : `${done} of ${total}`);
    });
  } finally {
    stop();
  }
}
