import type { Answer, Budget } from './protocol.js';
import { tolerable, watched } from './quiet.js';
import { summarize, type Times, type Turn } from './report.js';

/** What times workloads: a process or a part of a page. */
export interface Competitor {
  run(workload: string, budget: Budget): Promise<Answer>;
}

const budget: Budget = { warmup: 400, measure: 500, most: 50 };

/** Runs one turn, up to three times if other programs disturb it. Disturbed turns count only if no other exists. */
async function turnsOf(runner: Competitor, workload: string): Promise<Turn[] | { unsupported: string }> {
  const turns: Turn[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    const { result, others } = await watched(() => runner.run(workload, budget));
    if (result.ms === undefined) return { unsupported: result.unsupported ?? 'returned no times' };
    turns.push({ ms: result.ms, others, work: result.work });
    if (others <= tolerable) break;
  }
  return turns;
}

/** Runs the frameworks alternately, in the order listed in every round, and returns their times by name. */
export async function compete(
  workload: string,
  runners: ReadonlyMap<string, Competitor>,
  rounds: number,
): Promise<Map<string, Times | { unsupported: string }>> {
  const turns = new Map<string, Turn[]>();
  const refusals = new Map<string, { unsupported: string }>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, runner] of runners) {
      if (refusals.has(name)) continue;
      const result = await turnsOf(runner, workload);
      if ('unsupported' in result) refusals.set(name, result);
      else turns.set(name, [...(turns.get(name) ?? []), ...result]);
    }
  }
  return new Map([...runners.keys()].map((name) => [name, refusals.get(name) ?? summarize(turns.get(name) ?? [])]));
}
