import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingPackage, replacedPackage } from '../../../src/backends/gpu/device/missing.js';
import { DeviceError, device, setDevice } from '../../../src/index.js';
import { root } from '../../helpers/sources.js';

it('gpu starts on WebGPU, or reports what is missing', async () => {
  const failure = await setDevice('gpu').catch((error: Error) => error);
  if (failure === undefined) {
    expect(device()).toBe('gpu');
    expect(device.info().description).toMatch(/^GPU.js on WebGPU: ./);
    expect(device.info().fallback).toBeUndefined();
  } else {
    expect(failure).toBeInstanceOf(DeviceError);
    expect(failure.message).toMatch(/^gpu: expected (an adapter for WebGPU|the package webgpu).*, got [^;]+$/);
  }
  await setDevice('cpu');
});

it('gpu:webgl2 requires a browser', async () => {
  await expect(setDevice('gpu:webgl2')).rejects.toThrow('gpu: expected WebGL 2 (a browser that has it), got none');
});

describe('a package that does not load', () => {
  it('is named with the command that installs it', () => {
    // in a separate Node process, because the test runner resolves modules with different messages
    const failure = (name: string) => {
      const ask = `import('${name}').catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`;
      return JSON.parse(execFileSync(process.execPath, ['-e', ask], { cwd: tmpdir(), encoding: 'utf8' }));
    };
    expect(missingPackage('webgpu', failure('webgpu')).message).toBe(
      'gpu: expected the package webgpu (run: npm install webgpu@0.6), got none',
    );
    expect(missingPackage('gpu.js', failure('gpu.js')).message).toMatch(
      /^gpu: expected the package gpu\.js \(run: npm install gpu\.js@2; docs\/gpu\.md .*\), got none$/,
    );
    const other = 'a-package-that-is-not-there';
    expect(missingPackage('webgpu', failure(other)).message).toContain(`got Cannot find package '${other}'`);
  });

  it('is named with the first line of the reason', () => {
    const broken = new Error('libvulkan.so.1: cannot open shared object file\nRequire stack:');
    const error = missingPackage('webgpu', broken);
    expect(error).toBeInstanceOf(DeviceError);
    expect(error.message).toBe(
      'gpu: expected the package webgpu to load (run: npm install webgpu@0.6), got libvulkan.so.1: cannot open shared object file',
    );
    expect(error.cause).toBe(broken);
  });

  it('is named if another package is installed in its place', () => {
    expect(replacedPackage('webgpu', 'create').message).toBe(
      'gpu: expected the package webgpu (run: npm install webgpu@0.6), got a package in its place without create',
    );
  });

  it('is requested in a version range that the declared dependencies satisfy', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const name of ['gpu.js', 'webgpu'] as const) {
      const { message } = missingPackage(name, new Error('broken'));
      const asked = message.match(/npm install [^@]+@([\d.]+)/)?.[1];
      expect(devDependencies[name].replace('^', '').startsWith(`${asked}.`)).toBe(true);
    }
  });
});
