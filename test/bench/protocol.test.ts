import { describe, expect, it } from 'vitest';
import { Runner } from '../../bench/protocol.js';

const budget = { warmup: 1, measure: 1, most: 3 };
const run = (script: string) => new Runner(process.execPath, ['--input-type=module', '-e', script]);
const serve = JSON.stringify(new URL('../../bench/peers/serve.mjs', import.meta.url).href);

describe('a benchmark process', () => {
  it('times the workloads that it knows and rejects all others', async () => {
    const runner = run(`import { serve } from ${serve};
      console.log('chatter');
      await serve({ peer: 'p', version: '1', threads: 1 }, {
        a: () => () => {}, broken: () => { throw new Error('no kernel\\nat line 1'); } });`);
    expect(await runner.hello).toEqual({ peer: 'p', version: '1', threads: 1 });
    const { ms, cpu } = await runner.run('a', budget);
    expect(cpu).toBeGreaterThan(0);
    expect(ms).toHaveLength(3);
    expect(ms?.every((time) => time >= 0 && time < 1000)).toBe(true);
    expect(await runner.run('broken', budget)).toEqual({ workload: 'broken', unsupported: 'no kernel' });
    expect(await runner.run('b', budget)).toEqual({ workload: 'b', unsupported: 'not written for p' });
    await runner.stop();
    expect((await runner.run('a', budget)).unsupported).toContain('ended');
  });

  it('reports a missing package', async () => {
    const runner = run(`import { load } from ${serve}; await load('no-such-package-of-ours');`);
    expect((await runner.hello).missing).toContain('npm ci --ignore-scripts --prefix bench/peers');
  });

  it('is answered for after it dies', async () => {
    const runner = run(
      `process.stdout.write('{"peer":"p"}\\n'); process.stdin.once('data', () => { throw new Error('boom'); });`,
    );
    expect(await runner.hello).toEqual({ peer: 'p' });
    const answer = await runner.run('a', budget);
    expect(answer.workload).toBe('a');
    expect(answer.unsupported).toContain('ended with status 1: ');
    expect(answer.unsupported).toContain('boom');
    expect((await runner.run('a', budget)).ms).toBeUndefined();
  });

  it('is reported missing if the command does not exist', async () => {
    expect((await new Runner('no-such-command-of-ours', []).hello).missing).toContain('ENOENT');
  });
});
