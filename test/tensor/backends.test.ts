import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type Backend, backendOf } from '../../src/tensor/backend.js';
import { ReferenceBackend } from '../../src/tensor/reference/backend.js';
import { agree } from './calls/call.js';
import { calls } from './calls/index.js';

class F32 extends ReferenceBackend {
  override allocate(...[dtype, size]: Parameters<ReferenceBackend['allocate']>) {
    return dtype === 'float32' ? new Float32Array(size) : super.allocate(dtype, size);
  }
}

const reference = new ReferenceBackend();

/** Holds a backend against `reference` on random calls of every primitive. */
function describeBackend(name: string, start: () => Backend, numRuns = 150): void {
  describe(`${name} agrees with reference`, () => {
    for (const [primitive, arbitrary] of Object.entries(calls)) {
      it(primitive, async () => {
        const backend = start();
        await fc.assert(
          fc.asyncProperty(arbitrary(400), (c) => agree(backend, reference, c)),
          { numRuns },
        );
      });
    }
  });
}

describeBackend('f32', () => new F32());
