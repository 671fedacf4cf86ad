import { noGrad } from '../../autograd/mode.js';
import { expected, shapeText, textOf, ValueError } from '../../errors.js';
import type { Module } from '../../nn/module.js';
import type { Backend, Operand } from '../../tensor/backend.js';
import { tensorsIn } from '../../tensor/memory/scope.js';
import type { Tensor } from '../../tensor/tensor.js';
import { activationRules } from '../graph/activation-rules.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import { layerRules } from '../graph/layer-rules.js';
import type { Value } from '../graph/value.js';
import { MemoryMap } from './memory-map.js';
import { type Method, type Substitutes, withMethods } from './observe.js';
import { primitives, type TracedPrimitive, type Tracing } from './primitives.js';
import { observeRecurrentLayers } from './recurrent-layers.js';
import { Region } from './region.js';

/** What a model computes: a graph from its inputs to its outputs. */
export interface Trace {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Primitives of gradients and of training, which have no counterpart among the operators of inference. */
const refused = [
  'random',
  'conv2dInputGrad',
  'conv2dWeightGrad',
  'maxPool2dGrad',
  'avgPool2dGrad',
] as const satisfies readonly (keyof Backend)[];

/**
 * Runs a model once in evaluation mode, on a device that holds it and the inputs, and returns what it computed.
 * @throws ValueError if its forward returns no tensors or a promise, reads values, or uses what ONNX cannot express.
 */
export function traceModel(model: Module, inputs: readonly Tensor[], backend: Backend): Trace {
  const b = new GraphBuilder(merged(activationRules, layerRules));
  const tracing: Tracing = { b, memory: new MemoryMap(b) };
  for (const t of [...model.stateDict().values(), ...model.parameters(), ...model.buffers()]) {
    if (t.storage.backend === backend) tracing.memory.define(t, b.tensor(t));
  }
  const values = inputs.map((t, index) => {
    const value = b.input(index, { shape: t.shape, type: t.dtype });
    tracing.memory.define(t, value);
    return value;
  });
  const modes = model.modules().map((module) => [module, module.training] as const);
  const observer = new Observer(backend, tracing);
  const restoreLayers = observeRecurrentLayers(model, tracing, (body) => observer.unobserved(body));
  try {
    model.eval();
    const run = model.forward.bind(model) as (...given: readonly Tensor[]) => unknown;
    let outputs: Value[] = [];
    noGrad(() => {
      withMethods(backend, observer.substitutes(), () => {
        outputs = tensorsOf(run(...inputs)).map((t) => tracing.memory.read(t));
      });
    });
    return { inputs: values, outputs };
  } finally {
    restoreLayers();
    for (const [module, training] of modes) module.training = training;
  }
}

function merged<V>(...tables: Readonly<Record<string, readonly V[]>>[]): Record<string, readonly V[]> {
  const all: Record<string, readonly V[]> = {};
  for (const [op, rules] of tables.flatMap((table) => Object.entries(table))) all[op] = [...(all[op] ?? []), ...rules];
  return all;
}

/** The tensors in what a forward returned, in their order. */
function tensorsOf(result: unknown): Tensor[] {
  // found from the last to the first
  const found = result instanceof Promise ? [] : [...tensorsIn(result)].reverse();
  if (found.length > 0) return found;
  throw new ValueError(expected('exportOnnx', 'a forward that returns tensors', textOf(result)));
}

/** Watches the calls of primitives of a backend. */
class Observer {
  readonly #backend: Backend;
  readonly #tracing: Tracing;
  /** Not while a primitive runs, which may call others. */
  #isObserving = true;

  constructor(backend: Backend, tracing: Tracing) {
    this.#backend = backend;
    this.#tracing = tracing;
  }

  unobserved<R>(body: () => R): R {
    const before = this.#isObserving;
    this.#isObserving = false;
    try {
      return body();
    } finally {
      this.#isObserving = before;
    }
  }

  substitutes(): Substitutes {
    const backend = this.#backend;
    const { memory } = this.#tracing;
    const own: Substitutes = {
      allocate: (...[dtype, size]: Parameters<Backend['allocate']>) => {
        const handle = original.allocate(dtype, size);
        memory.allocated(handle, new Region(dtype, size));
        return handle;
      },
      release: (handle: unknown) => {
        memory.released(handle);
        original.release(handle);
      },
      part: (x: Operand, offset: number) => {
        const handle = original.part(x, offset);
        memory.part(handle, x, offset);
        return handle;
      },
      // a check of indices, instead of reading them
      expectWithin: () => {},
    };
    const original = {
      allocate: backend.allocate.bind(backend),
      release: backend.release.bind(backend),
      part: backend.part.bind(backend),
    };
    const names = Object.keys(primitives) as TracedPrimitive[];
    const traced = names.map((name) => [name, this.#traced(name, backend[name].bind(backend) as Method)]);
    const refusals = refused.map((name) => [name, this.#refusal(name, backend[name].bind(backend) as Method)]);
    const prepare = backend.prepareMap?.bind(backend);
    const readSync = backend.readSync?.bind(backend);
    return {
      ...own,
      ...Object.fromEntries([...traced, ...refusals]),
      ...(prepare && { prepareMap: this.#prepared(prepare) }),
      ...(readSync && { readSync: this.#reading(readSync) }),
    };
  }

  #traced(name: TracedPrimitive, method: Method): Method {
    const describe = primitives[name] as (t: Tracing, ...call: never[]) => void;
    return (...call) => {
      if (!this.#isObserving) return method(...call);
      // values before the call, which may change its inputs
      describe(this.#tracing, ...call);
      return this.unobserved(() => method(...call));
    };
  }

  #refusal(name: string, method: Method): Method {
    return (...call) => {
      if (!this.#isObserving) return method(...call);
      throw new ValueError(expected('exportOnnx', 'operations of inference that ONNX has', name));
    };
  }

  /** Reads values that are the same for all inputs: a file cannot contain a decision on others. */
  #reading(read: NonNullable<Backend['readSync']>): Method {
    return (x: Operand) => {
      if (!this.#isObserving || !this.#tracing.memory.read(x).node.varies) return this.unobserved(() => read(x));
      const got = `a read of a tensor ${shapeText(x.shape)} that depends on the inputs`;
      throw new ValueError(expected('exportOnnx', 'a forward that does not read values', got));
    };
  }

  #prepared(prepare: NonNullable<Backend['prepareMap']>): Method {
    return (...call: Parameters<typeof prepare>) => {
      const update = this.unobserved(() => prepare(...call));
      return () => {
        if (this.#isObserving) primitives.map(this.#tracing, ...call);
        this.unobserved(update);
      };
    };
  }
}
