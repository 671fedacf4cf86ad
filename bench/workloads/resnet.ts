import { nn, noGrad, optim, randint, randn } from 'antinode';
import { trainStep } from './train.js';
import type { Workload } from './workload.js';

/** Forward operations of the convolutions of a CIFAR ResNet-18 on one 32x32 image. */
function forwardFlops(width: number): { stem: number; total: number } {
  const conv = (cin: number, cout: number, kernel: number, size: number) => 2 * cin * cout * kernel ** 2 * size ** 2;
  const stem = conv(3, width, 3, 32);
  let total = stem;
  let cin = width;
  for (const [index, size] of [32, 16, 8, 4].entries()) {
    const cout = width * 2 ** index;
    total += conv(cin, cout, 3, size) + 3 * conv(cout, cout, 3, size);
    if (cin !== cout) total += conv(cin, cout, 1, size);
    cin = cout;
  }
  return { stem, total };
}

/** Trains ResNet-18 on a batch of random images of 32x32. */
export function trainResnet(width: number, batch: number): Workload {
  return {
    name: `resnet18-w${width}-b${batch}-train`,
    // The images need no gradient.
    flops: batch * (3 * forwardFlops(width).total - forwardFlops(width).stem),
    make() {
      const model = nn.models.resnet18({ numClasses: 10, width });
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      return trainStep(model, optimizer, randn([batch, 3, 32, 32]), randint(0, 10, [batch]));
    },
  };
}

const infer = (width: number, batch: number): Workload => ({
  name: `resnet18-w${width}-b${batch}-infer`,
  flops: batch * forwardFlops(width).total,
  make() {
    const model = nn.models.resnet18({ numClasses: 10, width });
    model.eval();
    const x = randn([batch, 3, 32, 32]);
    return () => noGrad(() => model.forward(x));
  },
});

/** ResNet-18 for 32x32 images. */
export const resnet: Workload[] = [trainResnet(64, 32), trainResnet(16, 128), infer(64, 32)];
