import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Names of Chromium-based browsers on the PATH, and their installation paths if they are not on it. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/** Flags for WebGPU and WebGL in software, without background requests. */
export const chromiumFlags: string[] = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-gpu-watchdog', // a busy processor is slow, not stuck
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Returns the path of a Chromium-based browser: CHROMIUM_PATH, or else the first one on the PATH or where installers
 * put it.
 * @throws Error if there is none
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string {
  const { CHROMIUM_PATH: given, PATH = '' } = environment;
  if (given) {
    if (runs(given)) return given;
    throw new Error(`chromium: expected CHROMIUM_PATH to be a program that can be run, got ${given}`);
  }
  const onPath = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = [...onPath, ...places].find(runs);
  if (found) return found;
  throw new Error(
    'chromium: expected Chromium or Chrome, got neither; install one (Debian: apt-get install chromium) or set CHROMIUM_PATH',
  );
}
