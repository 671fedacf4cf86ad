import type { Backend } from '../../tensor/backend.js';

/** A method of a backend. */
export type Method = (...call: never[]) => unknown;

/** Methods that take the place of those of a backend; undefined for one that the backend is not to have. */
export type Substitutes = Readonly<Partial<Record<keyof Backend, Method | undefined>>>;

/**
 * Runs `body`, which must be synchronous, while a backend has other methods. The backend stays the same object, because
 * tensors refer to it; methods that it inherits are replaced in a prototype of their own.
 */
export function withMethods<R>(backend: Backend, substitutes: Substitutes, body: () => R): R {
  const inherited: object = Object.getPrototypeOf(backend);
  const own = Object.keys(substitutes).filter((name) => Object.hasOwn(backend, name));
  const before = own.map((name) => [name, backend[name as keyof Backend]]);
  const descriptors = Object.entries(substitutes).flatMap(([name, value]) =>
    own.includes(name) ? [] : [[name, { value }] as const],
  );
  Object.setPrototypeOf(backend, Object.create(inherited, Object.fromEntries(descriptors)));
  try {
    Object.assign(backend, Object.fromEntries(own.map((name) => [name, substitutes[name as keyof Backend]])));
    return body();
  } finally {
    Object.assign(backend, Object.fromEntries(before));
    Object.setPrototypeOf(backend, inherited);
  }
}
