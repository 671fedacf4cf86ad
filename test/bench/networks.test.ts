import { describe, expect, it } from 'vitest';
import { workloads } from '../../bench/workloads/index.js';
import { multiplyAdds } from '../../bench/workloads/networks.js';
import { nn, setDeviceSync } from '../../src/index.js';

const networks = [
  ['resnet50-imagenet', () => nn.models.resnet50({ stem: 'imagenet' }), [1, 3, 224, 224], 'conv1'],
  ['densenet121', () => nn.models.densenet121(), [1, 3, 32, 32], 'conv1'],
  ['googlenet', () => nn.models.googlenet(), [1, 3, 32, 32], 'prelayer.0'],
] as const;

describe.each(networks)('the workload %s of the benchmark', (name, make, shape, stem) => {
  it('counts the operations that the network runs', async () => {
    setDeviceSync('cpu');
    const model = make();
    const { rows, multiplyAdds: total } = await nn.summary(model, shape);
    model.dispose();
    expect({ total, stem: rows.find((row) => row.name === stem)?.multiplyAdds }).toEqual(multiplyAdds[name]);
    const [workload] = workloads.filter((each) => each.name.startsWith(`${name}-b`));
    const batch = Number(/-b(\d+)-/.exec(workload.name)?.[1]);
    expect(workload.flops).toBe(2 * batch * (3 * total - multiplyAdds[name].stem));
  });
});
