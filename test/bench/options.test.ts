import { availableParallelism } from 'node:os';
import { CommanderError } from 'commander';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine, type Options } from '../../bench/options.js';

/** Options, or the message of the error. */
function read(...args: string[]): Options | string {
  const silent = { writeErr: () => {}, writeOut: () => {} };
  try {
    return commandLine().exitOverride().configureOutput(silent).parse(args, { from: 'user' }).opts<Options>();
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
}

describe('the command line of the benchmark', () => {
  it('has defaults', () => {
    expect(read()).toEqual({
      ...{ peers: false, browser: false, device: 'cpu', rounds: 3, roofline: true },
      threads: availableParallelism(),
    });
  });

  it('takes every option', () => {
    const args = '--peers --only lstm --json t.json --threads 3 --device gpu --rounds 2 --no-roofline'.split(' ');
    expect(read(...args)).toEqual({
      ...{ peers: true, browser: false, only: 'lstm', json: 't.json', threads: 3, device: 'gpu', rounds: 2 },
      roofline: false,
    });
    expect(read('--browser', '--peers')).toMatchObject({ browser: true, peers: true });
  });

  it('profiles one workload, alone', () => {
    expect(read('--profile', 'mlp', '--trace', 't.json')).toMatchObject({ profile: 'mlp', trace: 't.json' });
    for (const other of [['--peers'], ['--browser'], ['--only', 'mlp'], ['--json', 't.json']]) {
      expect(read('--profile', 'mlp', ...other)).toMatch(/option '--profile <name>' cannot be used with option/);
    }
  });

  it('measures the growth in all parts or in one, on the CPU', () => {
    expect(read('--growth', '--peers')).toMatchObject({ growth: true, peers: true });
    expect(read('--growth', 'width', '--charts', 'docs')).toMatchObject({ growth: 'width', charts: 'docs' });
    expect(read('--growth', 'depth')).toContain('Allowed choices are batch, width, threads');
    for (const other of [['--profile', 'mlp'], ['--browser'], ['--device', 'gpu']]) {
      expect(read('--growth', ...other)).toMatch(/cannot be used with option/);
    }
  });

  it('takes numbers of busy processes in any order, but neither in a browser nor for a profile', () => {
    expect(read('--load', '8,0, 2,8', '--peers')).toMatchObject({ load: [0, 2, 8], peers: true });
    for (const bad of ['', 'two', '2,', '-1', '1.5', '257']) {
      expect(read(`--load=${bad}`)).toContain(`expected integers from 0 to 256 with commas between them, got ${bad}`);
    }
    for (const other of [['--browser'], ['--profile', 'mlp']]) {
      expect(read('--load', '2', ...other)).toMatch(/cannot be used with option/);
    }
  });

  it('runs antinode in a browser on no other device than cpu', () => {
    expect(read('--browser', '--device', 'gpu')).toMatch(/option '--browser' cannot be used with option '--device/);
  });

  it('accepts only positive integers as numbers of threads and rounds', () => {
    const option = fc.constantFrom('threads' as const, 'rounds' as const);
    fc.assert(
      fc.property(option, fc.integer({ min: 1 }), (name, n) => {
        expect(read(`--${name}`, `${n}`)).toMatchObject({ [name]: n });
      }),
    );
    const bad = fc.oneof(
      fc.integer({ max: 0 }).map(String),
      fc.double({ min: 0.1, max: 9, noInteger: true }).map(String),
      fc.constantFrom('two', '', '1e400', 'NaN'),
    );
    fc.assert(
      fc.property(option, bad, (name, text) => {
        expect(read(`--${name}=${text}`)).toContain(`expected an integer >= 1, got ${text}`);
      }),
    );
  });

  it('rejects options and arguments that it does not know', () => {
    expect(read('--browsers')).toContain("unknown option '--browsers'");
    expect(read('matmul')).toContain('too many arguments');
  });
});
