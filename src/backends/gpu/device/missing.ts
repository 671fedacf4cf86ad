import { DeviceError } from '../../../errors.js';
import { isNode } from '../../../platform.js';

/** The packages that this backend loads when it starts, with the commands that install them. */
const commands = {
  'gpu.js': 'npm install gpu.js@2; docs/gpu.md shows how to install it without native code',
  webgpu: 'npm install webgpu@0.6',
};

/** A package that this backend loads when it starts. */
export type PackageName = keyof typeof commands;

/** Returns the error for something that the backend needs but does not find. */
export function missing(what: string, got: string, cause?: unknown): DeviceError {
  return new DeviceError(`gpu: expected ${what}, got ${got}`, { cause });
}

/**
 * Returns the error for a package whose import failed with `cause`: it is not installed or does not load on this
 * system.
 */
export function missingPackage(name: PackageName, cause: unknown): DeviceError {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  const bundled = name === 'webgpu' || isNode ? '' : "; where a bundler makes the page, also import 'antinode/gpu'";
  const run = `(run: ${commands[name]}${bundled})`;
  const absent = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`package '${name}'`);
  if (absent) return missing(`the package ${name} ${run}`, 'none', cause);
  return missing(`the package ${name} to load ${run}`, message.split('\n')[0], cause);
}

/**
 * Returns the error for a package without an export that this backend uses: another package is installed in its place.
 */
export function replacedPackage(name: PackageName, without: string): DeviceError {
  return missing(`the package ${name} (run: ${commands[name]})`, `a package in its place without ${without}`);
}
