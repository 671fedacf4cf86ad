import { optim } from 'antinode';
import type { Menus, OptimizerChoice } from '../protocol.js';
import { findDevices } from './devices.js';

/** Returns the devices and optimizers that can be chosen in this browser. */
export async function findMenus(): Promise<Menus> {
  const notes = globalThis.crossOriginIsolated
    ? []
    : [
        'This page is not cross-origin isolated, so threads cannot share memory and the CPU device has one thread. ' +
          'Isolation requires COOP and COEP headers, and https or localhost.',
      ];
  return { kind: 'menus', devices: await findDevices(), optimizers: optim.names.map(optimizerChoice), notes };
}

/** Learning rates that suit the network, for optimizers without a default. */
const learningRates: Readonly<Record<string, number>> = { sgd: 0.02, pnm: 0.2 };

function optimizerChoice(name: string): OptimizerChoice {
  const label = Object.keys(optim).find((key) => key.toLowerCase() === name) ?? name;
  return { name, label, lr: Number(optim.defaults(name).lr ?? learningRates[name] ?? 1e-3) };
}

/** Creates an optimizer of the menu. Optimizers with numeric momentum get the usual 0.9. */
export function makeOptimizer(
  name: string,
  lr: number,
  parameters: Parameters<typeof optim.create>[1],
): optim.Optimizer {
  return optim.create(
    name,
    parameters,
    typeof optim.defaults(name).momentum === 'number' ? { lr, momentum: 0.9 } : { lr },
  );
}
