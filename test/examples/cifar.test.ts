import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCifar100Folder, writeCifarFolder } from '../helpers/cifar-folder.js';
import { jpegOf, writeFiles } from '../helpers/image-files.js';
import { bundleExample } from './bundle.js';
import {
  ended,
  killWithinEpoch,
  measured,
  metricsOf,
  type Row,
  type Running,
  start as startProgram,
  untimed as withoutClock,
} from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-example-'));
const data = join(folder, 'data');
let program: string;
beforeAll(async () => {
  mkdirSync(data);
  writeCifarFolder(data, 100);
  program = await bundleExample('cifar');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program);
});

/** Starts the example on the small data set. */
function start(...args: string[]): Running {
  const options = ['--data', data, '--width', '2', '--batch-size', '8', '--test-size', '16', ...args];
  return startProgram(program, folder, options);
}

/** Runs the example until it ends. */
const run = (...args: string[]) => ended(start(...args));

const untimed = (rows: readonly Row[]) => withoutClock(rows, 'imagesPerSecond');

const settings = ['--train-size', '48', '--epochs', '3', '--seed', '5'];

describe('the CIFAR-10 example', () => {
  const whole = join(folder, 'whole');

  it('trains each optimizer and writes metrics, report, checkpoint and settings', async () => {
    const { code, out, err } = await run(...settings, '--threads', '1', '--out', whole);
    expect(err).toBe('');
    expect(code).toBe(0);
    // programs in one file have no kernels of 256 bits
    expect(out.replaceAll('\n', ' ')).toMatch(/not as fast as it could be: kernels of 256 bits: expected /);
    const rows = metricsOf(whole);
    expect(rows.map(({ optimizer, epoch }) => `${optimizer} ${epoch}`)).toEqual(
      ['sgd', 'pnm'].flatMap((name) => [1, 2, 3].map((epoch) => `${name} ${epoch}`)),
    );
    for (const row of rows) {
      expect(Object.keys(row).join()).toBe(
        'optimizer,epoch,lr,trainLoss,trainError,testLoss,testError,seconds,imagesPerSecond',
      );
      expect(Object.values(row).slice(1).every(Number.isFinite)).toBe(true);
    }
    // 40 % and 80 % of 3 epochs are after the first and the second epoch
    expect(rows.map(({ lr }) => Number((lr as number).toPrecision(6)))).toEqual([0.1, 0.01, 0.001, 1, 0.1, 0.01]);
    expect(readdirSync(whole).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'metrics.jsonl',
      'pnm.safetensors',
      'report.html',
      'sgd.safetensors',
    ]);
    expect(JSON.parse(readFileSync(join(whole, 'config.json'), 'utf8')).settings).toMatchObject({ seed: 5, width: 2 });
    const page = readFileSync(join(whole, 'report.html'), 'utf8');
    for (const text of ['Train loss', 'Train error', 'Test error', 'sgd', 'pnm']) expect(page).toContain(text);
    expect(page).not.toMatch(/<script|<link|<img|\bsrc=|url\(\s*['"]?http|@import/);
    expect(out).toMatch(/optimizer +final test error +best test error +train loss +images\/s\n[- ]+\nsgd .*\npnm .*\n/);
    expect(out).toContain(`Report: ${join(whole, 'report.html')}`);
    expect(out.split('\n').every((line) => line.length <= 80 || line.includes(folder))).toBe(true);
  });

  it('measures the same with another number of threads', async () => {
    const out = join(folder, 'threads');
    expect((await run(...settings, '--threads', '2', '--out', out)).code).toBe(0);
    expect(untimed(metricsOf(out))).toEqual(untimed(metricsOf(whole)));
  });

  it('continues after kill -9 at any time with the same results', async () => {
    const out = join(folder, 'killed');
    await killWithinEpoch(start(...settings, '--out', out, '--save-every', '0'), out);
    const child = start('--resume', out);
    await measured(child, out, 4);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // after a kill, metrics.jsonl may contain fewer or more epochs than the checkpoint
    writeFileSync(join(out, 'metrics.jsonl'), '{"optimizer":"sgd","epo');
    const { code, err } = await run(...settings, '--out', out, '--resume');
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(untimed(metricsOf(out))).toEqual(untimed(metricsOf(whole)));
  });

  // on Windows a signal ends a process at once; Ctrl-C in its console works as on other systems
  it.runIf(process.platform !== 'win32')('stops on Ctrl-C, prints how to resume, and can be resumed', async () => {
    const out = join(folder, 'interrupted');
    const child = start(...settings, '--out', out);
    await measured(child, out, 1);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(child.printed.err).toMatch(
      /^stopped in epoch \d of \w+, after step \d of 6; to resume, use --resume .*interrupted\n$/,
    );
    expect((await run('--resume', out)).code).toBe(0);
    expect(untimed(metricsOf(out))).toEqual(untimed(metricsOf(whole)));
  });

  it.each(['vgg16', 'densenet121', 'googlenet'])('trains %s', async (model) => {
    const out = join(folder, model);
    const few = ['--train-size', '16', '--epochs', '1', '--optimizer', 'sgd'];
    const { code, err } = await run('--model', model, ...few, '--out', out);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(metricsOf(out).map(({ optimizer, epoch }) => `${optimizer} ${epoch}`)).toEqual(['sgd 1']);
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).settings).toMatchObject({ model });
  });

  it('trains on CIFAR-100', async () => {
    const place = join(folder, 'cifar100');
    mkdirSync(place);
    writeCifar100Folder(place, 100);
    const out = join(folder, 'hundred');
    const few = ['--dataset', 'cifar100', '--data', place, '--train-size', '16', '--epochs', '1', '--optimizer', 'sgd'];
    const { code, out: printed, err } = await run(...few, '--out', out);
    expect([code, err]).toEqual([0, '']);
    expect(printed).toContain('CIFAR-100, resnet18, width 2, 16 training and 16 test images');
    const header = readFileSync(join(out, 'sgd.safetensors')).toString('latin1', 8, 20_000);
    expect(JSON.parse(header.slice(0, header.indexOf('}}') + 2))['linear.weight'].shape).toEqual([100, 16]);
  });

  it('trains on a folder of images, and goes on after it was killed', async () => {
    const place = join(folder, 'photos');
    const sizes = [40, 30, 50, 36];
    for (const [part, count] of [
      ['train', 8],
      ['test', 3],
    ] as const) {
      for (let i = 0; i < count; i++) {
        const name = `${part}/${'ab'[i % 2]}/${i}.JPEG`;
        writeFiles(place, { [name]: jpegOf(name, sizes[i % 4], sizes[(i + 1) % 4]) });
      }
    }
    const few = ['--dataset', 'folder', '--data', place, '--width', '2', '--batch-size', '2', '--image-size', '32'];
    const args = [...few, '--epochs', '2', '--optimizer', 'sgd', '--train-size', '6'];
    const [plain, killed] = ['plain', 'killed-folder'].map((name) => join(folder, name));
    const whole = await ended(startProgram(program, folder, [...args, '--out', plain]));
    expect([whole.code, whole.err]).toEqual([0, '']);
    expect(whole.out).toContain('folder, resnet18, width 2, 6 training and all test images');
    await killWithinEpoch(startProgram(program, folder, [...args, '--out', killed, '--save-every', '0']), killed);
    const resumed = await ended(startProgram(program, folder, ['--data', place, '--resume', killed, '--workers', '1']));
    expect([resumed.code, resumed.err]).toEqual([0, '']);
    expect(untimed(metricsOf(killed))).toEqual(untimed(metricsOf(plain)));
    const wrong = await ended(startProgram(program, folder, [...few, '--data', folder]));
    expect(wrong.err).toMatch(/^error: .*: expected a folder with the folders train and val \(or test\)\n$/);
  });

  it('stops when the loss is not finite and keeps the last checkpoint', async () => {
    const out = join(folder, 'diverged');
    const { code, err } = await run('--train-size', '48', '--optimizer', 'sgd', '--lr', '1e30', '--out', out);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: sgd: expected a finite loss, got (NaN|-?Infinity) in epoch 1, step [2-7], at learning rate 1e\+30; the last checkpoint before that step is in .*checkpoint.safetensors\n$/,
    );
    expect(metricsOf(out)).toEqual([]);
    expect(readdirSync(out)).toContain('checkpoint.safetensors');
  });
});

describe('a run of the CIFAR-10 example', () => {
  it('rejects folders that cannot be written to, or that contain another run, before anything else', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const unwritable = await run('--out', join(file, 'run'), '--data', '/nowhere');
    expect(unwritable.err).toMatch(
      /^error: --out: expected a folder that can be written to, got .*file[\\/]run \(.*(ENOTDIR|ENOENT|EEXIST)/,
    );
    expect(unwritable.code).toBe(1);
    const taken = join(folder, 'taken');
    mkdirSync(taken);
    writeFileSync(join(taken, 'checkpoint.safetensors'), '');
    const second = await run('--out', taken, '--data', '/nowhere');
    expect(second.err).toContain(
      `--out: expected a folder without a run, got ${taken}; to resume that run, use --resume`,
    );
    expect(readdirSync(taken)).toEqual(['checkpoint.safetensors']);
  });

  it('rejects unknown options and missing data with status 1 and no stack trace', async () => {
    for (const [args, message] of [
      [['--epoch', '3'], /^error: unknown option '--epoch'\n\(Did you mean --epochs\?\)\n$/],
      [['--lr', '1,2,3'], /^error: option '--lr': expected one number, or 2 \(one per optimizer\), got 3\n$/],
      [
        ['--resume', '/nowhere'],
        /^error: --resume: expected a folder with a run's checkpoint.safetensors, got \/nowhere\n$/,
      ],
      [['--data', folder], /^error: .*: expected a folder with CIFAR-10/],
    ] as const) {
      const { code, err } = await run(...args);
      expect(err).toMatch(message);
      expect(err).not.toMatch(/\n\s+at /);
      expect(code).toBe(1);
    }
  });

  it('shows its options with --help', async () => {
    const { code, out, err } = await run('--help');
    expect(err).toBe('');
    expect(out).toContain('Usage: cifar [options]');
    expect(code).toBe(0);
  });

  it('rejects settings other than those of the resumed run', async () => {
    const out = join(folder, 'whole');
    const other = await run('--resume', out, '--train-size', '64');
    expect(other.err).toContain("option '--train-size': expected 48, as in the resumed run, got 64");
    expect(other.code).toBe(1);
    writeFileSync(join(out, 'checkpoint.safetensors'), 'damaged');
    const damaged = await run('--resume', out);
    expect(damaged.err).toMatch(/^error: .*checkpoint.safetensors: expected at least 8 bytes, got 7/);
    expect(metricsOf(out)).toHaveLength(6);
  });
});
