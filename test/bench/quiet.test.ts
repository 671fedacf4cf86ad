import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { shareOfOthers, watched } from '../../bench/quiet.js';

describe('the processor time that other programs use', () => {
  it('is the busy time that the measured processes do not account for', () => {
    const before = { busy: 500, total: 1000 };
    const after = { busy: 1300, total: 2000 };
    expect(shareOfOthers(before, after, 0)).toBeCloseTo(0.8);
    expect(shareOfOthers(before, after, 600)).toBeCloseTo(0.2);
    expect(shareOfOthers(before, after, 900)).toBe(0);
    expect(shareOfOthers(before, before, 0)).toBe(0);
  });

  it('is measured while a turn runs', async () => {
    const burner = spawn(process.execPath, ['-e', 'for (;;);']);
    try {
      await setTimeout(200);
      const { result, others } = await watched(async () => {
        await setTimeout(500);
        return { cpu: 0, ms: [1] };
      });
      expect(result.ms).toEqual([1]);
      expect(others).toBeGreaterThan(0.3 / cpus().length);
    } finally {
      burner.kill();
    }
  });
});
