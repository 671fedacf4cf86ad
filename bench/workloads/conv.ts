import { nn, ones, randn } from 'antinode';
import type { Workload } from './workload.js';

/** A 3x3 convolution from `channels` to `channels`, padded to keep the size, on images of size x size. */
function conv(channels: number, size: number, batch: number, train: boolean): Workload {
  const forward = 2 * batch * channels * channels * 9 * size * size;
  return {
    name: `conv3x3-${channels}-${size}-b${batch}-${train ? 'train' : 'forward'}`,
    // Backward computes two products as large as the forward one: for x and for w.
    flops: train ? 3 * forward : forward,
    make() {
      const x = randn([batch, channels, size, size], { requiresGrad: train });
      const w = randn([channels, channels, 3, 3], { requiresGrad: train });
      if (!train) return () => nn.functional.conv2d(x, w, null, { padding: 1 });
      return () => {
        x.grad = null;
        w.grad = null;
        const y = nn.functional.conv2d(x, w, null, { padding: 1 });
        y.backward(ones(y.shape));
        return w.grad ?? undefined;
      };
    },
  };
}

/** One convolution layer, forward only and with backward. */
export const convolution: Workload[] = [conv(64, 32, 8, false), conv(64, 32, 8, true), conv(256, 8, 32, true)];
