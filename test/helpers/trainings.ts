import { createHash } from 'node:crypto';
import { data, manualSeed, nn, optim, scope, tensor } from '../../src/index.js';

/** The first digits of a SHA-256 of the names and the bytes of a model's parameters and buffers. */
function hashOf(model: nn.Module): string {
  const hash = createHash('sha256');
  for (const [name, t] of model.stateDict()) hash.update(name).update(new Uint8Array(t.dataSync().buffer));
  return hash.digest('hex').slice(0, 16);
}

/** Trains a ResNet for three steps, and returns a hash of the result. */
export function trainResNet(): string {
  manualSeed(1);
  const model = nn.models.resnet18({ width: 4 });
  const optimizer = new optim.PNM(model.parameters(), { lr: 0.1, weightDecay: 5e-4 });
  const images = Float32Array.from({ length: 8 * 3 * 16 * 16 }, (_, i) => ((i * 7919) % 1000) / 500 - 1);
  for (let step = 0; step < 3; step++) {
    scope(() => {
      const x = tensor(images, { shape: [8, 3, 16, 16] });
      const labels = tensor(Int32Array.from({ length: 8 }, (_, i) => (i + step) % 10));
      optimizer.zeroGrad();
      nn.functional.crossEntropy(model.forward(x), labels).backward();
      optimizer.step();
    });
  }
  const hash = hashOf(model);
  model.dispose();
  optimizer.dispose();
  return hash;
}

/** Trains an LSTM language model for an epoch, and returns a hash of the result. */
export async function trainLstm(): Promise<string> {
  manualSeed(2);
  const model = nn.models.lstmLanguageModel({ vocabSize: 50, embeddingSize: 24, dropout: 0.2 });
  const optimizer = new optim.AdaPNM(model.parameters(), { lr: 0.01 });
  const loader = new data.BpttLoader(
    Int32Array.from({ length: 400 }, (_, i) => (i * i) % 50),
    { batchSize: 4, bptt: 16 },
  );
  let state: [h: ReturnType<typeof tensor>, c: ReturnType<typeof tensor>] | undefined;
  for await (const { input, target } of loader) {
    const [logits, next] = model.forward(input, state);
    optimizer.zeroGrad();
    nn.functional.crossEntropy(logits.reshape(-1, 50), target).backward();
    optim.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    state = nn.carryState(next, state);
  }
  const hash = hashOf(model);
  model.dispose();
  optimizer.dispose();
  return hash;
}

/**
 * The hashes of both for each arithmetic of the cpu device, which are the same on every version of Node and any number of
 * threads.
 */
export const hashes = {
  'float32 with fused multiply-add': ['85e6ded917c56f79', '81b758302804a8f4'],
  float32: ['1370afcbe53413b7', '8647e51e0358ccbf'],
} as const;

/** Numbers of threads to train with. */
export const threadCounts = [1, 2, 3, 8];
