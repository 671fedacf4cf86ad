import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { missingPackage } from '../../../src/backends/gpu/device/missing.js';
import { DeviceError, device, setDevice } from '../../../src/index.js';

it('gpu starts on WebGPU, or says what is missing for it', async () => {
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

it('gpu:webgl2 is for browsers', async () => {
  await expect(setDevice('gpu:webgl2')).rejects.toThrow('gpu: expected WebGL 2 (a browser that has it), got none');
});

it('a package that is not installed is told from one that does not load', () => {
  const name = 'a-package-that-is-not-there';
  // in a Node of its own: the runner of tests has words of its own
  const ask = `import('${name}').catch(({ code, message }) => console.log(JSON.stringify({ code, message })))`;
  const absent = JSON.parse(execFileSync(process.execPath, ['-e', ask], { encoding: 'utf8' }));
  expect(missingPackage(name, absent).message).toBe(
    `gpu: expected the package ${name} (run: npm install ${name}), got none`,
  );
  expect(missingPackage('webgpu', absent).message).toContain(`got Cannot find package '${name}'`);

  const broken = new Error('libvulkan.so.1: cannot open shared object file\nRequire stack:');
  const error = missingPackage('webgpu', broken);
  expect(error).toBeInstanceOf(DeviceError);
  expect(error.message).toBe(
    'gpu: expected the package webgpu to load (npm install webgpu), got libvulkan.so.1: cannot open shared object file',
  );
  expect(error.cause).toBe(broken);
});
