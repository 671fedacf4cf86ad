import { rand } from 'antinode';
import type { Workload } from './workload.js';

const square = (n: number): Workload => ({
  name: `matmul-${n}`,
  flops: 2 * n ** 3,
  make() {
    const a = rand([n, n]);
    const b = rand([n, n]);
    return () => a.matmul(b);
  },
});

/** Square matrix products. */
export const matmul: Workload[] = [square(512), square(1024)];
