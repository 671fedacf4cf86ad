// npm run check:reference: trains every network for CIFAR at full size on the device `reference`, which computes in
// float64, and compares with PyTorch's float64. Takes long; usage: tsx test/reference/main.ts [NETWORK...]
import { setDeviceSync } from '../../src/index.js';
import { cifarNetworks } from '../helpers/golden-networks.js';
import { trainingErrors } from '../helpers/golden-training.js';

/** The largest relative differences: golden files have nine digits, and training from this start amplifies rounding. */
const limits = { logits: 1e-7, loss: 1e-7, gradients: 1e-6, losses: 2e-2 };

setDeviceSync('reference');
const wanted = process.argv.slice(2);
const networks = cifarNetworks.filter(({ model, width }) => {
  return width === 64 && (wanted.length === 0 || wanted.includes(model));
});
const columns = [...Object.keys(limits), 'evalLogits', 'minutes'];
console.log('network'.padEnd(12) + columns.map((name) => name.padStart(11)).join(''));
let failures = networks.length > 0 ? 0 : 1;
for (const golden of networks) {
  const begun = performance.now();
  const { logits, losses, gradients, evalLogits } = trainingErrors(golden);
  const errors = { logits, loss: losses[0], gradients: Math.max(...gradients.values()), losses: Math.max(...losses) };
  const minutes = (performance.now() - begun) / 60_000;
  const figures = [...Object.values(errors), evalLogits ?? Number.NaN].map((error) => error.toExponential(1));
  console.log(golden.model.padEnd(12) + [...figures, minutes.toFixed(1)].map((text) => text.padStart(11)).join(''));
  for (const [name, limit] of Object.entries(limits)) {
    // NaN is a failure
    if (errors[name as keyof typeof errors] < limit) continue;
    console.log(`FAILED ${golden.model}: expected a difference of ${name} below ${limit}`);
    failures++;
  }
}
process.exit(failures > 0 ? 1 : 0);
