import type asyncHooks from 'node:async_hooks';
import type childProcess from 'node:child_process';
import type crypto from 'node:crypto';
import type fs from 'node:fs';
import type fsPromises from 'node:fs/promises';
import type module from 'node:module';
import type os from 'node:os';
import type path from 'node:path';
import type stream from 'node:stream';
import type streamPromises from 'node:stream/promises';
import type url from 'node:url';
import type util from 'node:util';
import type v8 from 'node:v8';
import type vm from 'node:vm';
import type workerThreads from 'node:worker_threads';
import type zlib from 'node:zlib';
import { AntinodeError, expected } from './errors.js';

/** The built-in modules of Node that the framework uses, by name. */
export interface NodeModules {
  async_hooks: typeof asyncHooks;
  child_process: typeof childProcess;
  crypto: typeof crypto;
  fs: typeof fs;
  'fs/promises': typeof fsPromises;
  module: typeof module;
  os: typeof os;
  path: typeof path;
  stream: typeof stream;
  'stream/promises': typeof streamPromises;
  url: typeof url;
  util: typeof util;
  v8: typeof v8;
  vm: typeof vm;
  worker_threads: typeof workerThreads;
  zlib: typeof zlib;
}

type GetBuiltinModule = (name: string) => unknown;

function getter(): GetBuiltinModule | undefined {
  const host = (globalThis as { process?: { getBuiltinModule?: GetBuiltinModule } }).process;
  return host?.getBuiltinModule?.bind(host);
}

/**
 * True if Node's built-in modules are available: in Node 20.16 or later and runtimes that follow it, not in browsers.
 */
export const isNode: boolean = getter()?.('fs') !== undefined;

/**
 * Returns a built-in module of Node, looked up at run time: a static `import 'node:fs'` would prevent bundlers from
 * building the package for browsers.
 * @param name the module, without `node:`
 * @param what the caller, for the error message: `nodeModule('fs', 'saveCheckpoint')`
 * @throws AntinodeError outside Node.
 */
export function nodeModule<K extends keyof NodeModules>(name: K, what?: string): NodeModules[K] {
  const found = getter()?.(`node:${name}`);
  if (found === undefined) {
    throw new AntinodeError(expected(what ?? `node:${name}`, 'Node.js 20.16 or later', 'another runtime'));
  }
  return found as NodeModules[K];
}
