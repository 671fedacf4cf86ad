import type { Backend } from '../backend.js';
import { measured } from './recording.js';
import { type Primitive, type Work, works } from './work.js';

type Method = (...call: unknown[]) => unknown;

/** Methods that replace those of a backend: properties of its own, and those of a prototype. */
interface Replacement {
  readonly own: Readonly<Record<string, Method>>;
  readonly before: Readonly<Record<string, Method>>;
  readonly prototype: object;
}

/** Made once for each backend: with another prototype each time, the engine would optimize its callers each time. */
const replacements = new WeakMap<Backend, Replacement>();

/**
 * Gives a backend methods that record their calls, and returns the function that restores its own. Tensors refer to the
 * backend, so it must stay the same object. Methods that it inherits are replaced in a prototype: properties of the
 * backend would make it slow for good, because deleting them turns it into a dictionary.
 */
export function measureMethods(backend: Backend): () => void {
  const inherited: object = Object.getPrototypeOf(backend);
  const replacement = replacements.get(backend) ?? replacementFor(backend);
  replacements.set(backend, replacement);
  Object.assign(backend, replacement.own);
  Object.setPrototypeOf(backend, replacement.prototype);
  return () => {
    Object.assign(backend, replacement.before);
    Object.setPrototypeOf(backend, inherited);
  };
}

function replacementFor(backend: Backend): Replacement {
  const own: Record<string, Method> = {};
  const before: Record<string, Method> = {};
  const inherited: PropertyDescriptorMap = {};
  for (const [op, value] of Object.entries(measuredMethods(backend))) {
    if (Object.hasOwn(backend, op)) {
      own[op] = value;
      before[op] = backend[op as Primitive] as Method;
    } else inherited[op] = { value };
  }
  return { own, before, prototype: Object.create(Object.getPrototypeOf(backend), inherited) };
}

function measuredMethods(backend: Backend): Record<string, Method> {
  const methods: Record<string, Method> = {};
  for (const op of Object.keys(works) as Primitive[]) {
    const method = (backend[op] as Method | undefined)?.bind(backend);
    const workOf = works[op] as (...call: unknown[]) => Work;
    if (method) methods[op] = (...call) => measured(op, method, workOf, call);
  }
  const prepareMap = methods.prepareMap as Backend['prepareMap'];
  if (prepareMap)
    methods.prepareMap = ((...call) => measuredUpdate(prepareMap(...call), call)) as typeof prepareMap as Method;
  return methods;
}

/** The second part of an update that was prepared with `call`. */
function measuredUpdate(update: () => void, call: Parameters<NonNullable<Backend['prepareMap']>>): () => void {
  const work = works.map(...call);
  return () => measured('map', update, () => work, []);
}
