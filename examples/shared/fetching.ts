import type { data } from 'antinode';
import { bytes } from './format.js';
import { Progress } from './progress.js';

/** Runs `load` and shows a progress bar for each download or conversion that it reports. */
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
        // The bar disappears at the end; this line stays.
        console.log(total > 1e6 ? `${message} (${bytes(total)})` : message);
        if (total > 0) current = { message, bar: new Progress('', total) };
      }
      current?.bar.update(done, total > 1e6 ? `${bytes(done)} of ${bytes(total)}` : `${done} of ${total}`);
    });
  } finally {
    stop();
  }
}
