// A program that uses every entry of the package: trains for an epoch and reports what it saw.
import { AntinodeError, device, nn as layers, manualSeed, randint, randn, type Tensor, tensor } from 'antinode';
import { checkpoint, noGrad } from 'antinode/autograd';
import { DataLoader, TensorDataset } from 'antinode/data';
import { encodeSafetensors, loadSafetensors } from 'antinode/io';
import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  functional,
  init,
  Linear,
  type Module,
  models,
  ReLU,
  Sequential,
} from 'antinode/nn';
import { Adam, lr, type Optimizer, PNM } from 'antinode/optim';

export interface Report {
  readonly losses: readonly number[];
  readonly saved: number;
  readonly names: readonly string[];
  readonly threads: number;
}

type Batch = { readonly images: Tensor; readonly labels: Tensor };

async function train(model: Sequential, optimizer: Optimizer, dataset: TensorDataset<[Batch]>): Promise<number[]> {
  const losses: number[] = [];
  for await (const { images, labels } of new DataLoader(dataset, { batchSize: 8 })) {
    optimizer.zeroGrad();
    const output: Tensor = model.forward(images);
    const loss = functional.crossEntropy(output, labels);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return losses;
}

/** The name of the error that `run` throws. */
function nameOfFailure(run: () => unknown): string {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return error instanceof AntinodeError && error instanceof Error ? error.name : String(error);
  }
}

export async function report(): Promise<Report> {
  manualSeed(1);
  const model = new Sequential(
    new Conv2d(1, 4, 3, { padding: 1 }),
    new BatchNorm2d(4),
    new ReLU(),
    new Flatten(),
    new Linear(4 * 6 * 6, 3),
  );
  const dataset = new TensorDataset({ images: randn([16, 1, 6, 6]), labels: randint(0, 3, [16]) });
  const optimizer = new PNM(model.parameters(), { lr: 0.1 });
  const schedule = new lr.StepLR(optimizer, { stepSize: 1 });
  const losses = await train(model, optimizer, dataset);
  schedule.step();

  const bytes = await encodeSafetensors(model.stateDict());
  const saved = await loadSafetensors(bytes);
  const inner: Module = new layers.Linear(3, 3);
  init.ones(new Linear(2, 2).weight);
  const x = tensor([[1, 2, 3]], { requiresGrad: true });
  checkpoint((y: Tensor) => y.relu().sum(), x).backward();
  noGrad(() => x.add(1));
  return {
    losses,
    saved: saved.size,
    names: [
      nameOfFailure(() => tensor([1, 2]).add(tensor([1, 2, 3]))),
      nameOfFailure(() => new layers.Linear(0, 2)),
      String(inner).replace(/\(.*/s, ''),
      String(models.resnet18({ numClasses: 2, width: 2 })).replace(/\(.*/s, ''),
      new Adam(inner.parameters()).constructor.name,
    ],
    threads: device.info('cpu').threads,
  };
}
