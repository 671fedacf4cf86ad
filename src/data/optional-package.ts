import { FileError } from '../errors.js';

/**
 * A package that only some data sets need. Throws FileError saying how to install it when it is missing.
 *
 * @param load imports it, with its name spelled out for bundlers: `() => import('fast-png')`
 */
export async function optionalPackage<T>(what: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new FileError(`${what}: expected the package ${name}, which cannot be loaded; run: npm install ${name}`, {
      cause: error,
    });
  }
}
