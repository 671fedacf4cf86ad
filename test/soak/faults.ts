import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleExample } from '../examples/bundle.js';
import { writeCifarFolder } from '../helpers/cifar-folder.js';
import { type Attack, type Dice, errorLine } from './attack.js';

/** What may happen to a training, at a random moment. */
const faults = ['kill', 'kill', 'SIGTERM', 'SIGHUP', 'SIGINT', 'closed output', 'file size limit'] as const;

/** Milliseconds after which a process that was asked to end counts as hanging. */
const patience = 60_000;

interface Ended {
  readonly code: number | null;
  readonly err: string;
  readonly hung: boolean;
}

/** Trains, interrupts the training in every way until it is done, and compares the results with those of a whole one. */
export const trainingFaults: Attack = {
  name: 'interrupted trainings',
  async run(dice, deadline, findings) {
    const folder = mkdtempSync(join(tmpdir(), 'antinode-faults-'));
    const data = join(folder, 'data');
    mkdirSync(data);
    writeCifarFolder(data, 100);
    const program = await bundleExample('cifar');
    const settings = ['--data', data, '--width', '2', '--batch-size', '8', '--test-size', '16', '--train-size', '48'];
    settings.push('--epochs', '4', '--seed', '3', '--optimizer', 'sgd,adapnm', '--save-every', '0');
    try {
      const whole = join(folder, 'whole');
      await finished(start(program, folder, [...settings, '--out', whole]));
      const wanted = resultsOf(whole);
      if (wanted.length !== 8) findings.fail(`the whole training left ${wanted.length} rows`);
      while (performance.now() < deadline) await oneTraining(wanted);
      async function oneTraining(results: readonly string[]): Promise<void> {
        const out = join(folder, 'run');
        rmSync(out, { recursive: true, force: true });
        const history: string[] = [];
        for (let turn = 0; turn < 40; turn++) {
          const begun = existsSync(join(out, 'checkpoint.safetensors'));
          const args = [
            ...settings,
            '--threads',
            `${1 + dice.below(3)}`,
            ...(begun ? ['--resume', out] : ['--out', out]),
          ];
          const fault = turn < 12 ? dice.pick(faults) : null;
          findings.tries++;
          const { code, err, hung } = await interrupted(dice, program, folder, args, fault);
          history.push(`${fault}: ${code}`);
          if (hung) return findings.fail(`hangs after ${history.join(', ')}`);
          if (/\n\s+at /.test(err)) return findings.fail(`a raw error after ${history.join(', ')}: ${err}`);
          if (code === 0) break;
        }
        const found = resultsOf(out);
        if (found.join('\n') !== results.join('\n')) {
          findings.fail(`other results after ${history.join(', ')}: ${found.length} rows of ${results.length}`);
        }
      }
    } catch (error) {
      findings.fail(errorLine(error));
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync(program, { force: true });
    }
  },
};

function start(program: string, cwd: string, args: readonly string[], limit = '') {
  const command =
    limit === ''
      ? [process.execPath, program, ...args]
      : ['bash', '-c', `${limit}; exec "$@"`, 'bash', process.execPath, program, ...args];
  return spawn(command[0], command.slice(1), { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function finished(child: ReturnType<typeof start>): Promise<Ended> {
  let err = '';
  let hung = false;
  child.stderr.on('data', (text) => {
    err += text;
  });
  child.stdout.resume();
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, patience);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, err, hung };
}

async function interrupted(
  dice: Dice,
  program: string,
  folder: string,
  args: readonly string[],
  fault: (typeof faults)[number] | null,
): Promise<Ended> {
  // in units of 512 or 1024 bytes: enough for some of the files, not for all
  const limit = fault === 'file size limit' ? `ulimit -f ${1 + dice.below(60)}` : '';
  const child = start(program, folder, args, limit);
  const ending = finished(child);
  await Promise.race([ending, new Promise((done) => setTimeout(done, 100 + dice.below(2500)))]);
  if (fault === 'kill') child.kill('SIGKILL');
  else if (fault === 'closed output') child.stdout.destroy();
  else if (fault !== null && fault !== 'file size limit') child.kill(fault);
  return ending;
}

/** The rows of metrics.jsonl without what a clock measured. */
function resultsOf(out: string): string[] {
  const path = join(out, 'metrics.jsonl');
  if (!existsSync(path)) return [];
  const rows = readFileSync(path, 'utf8').trim().split('\n');
  return rows.map((row) => {
    const { seconds: _, imagesPerSecond: __, ...rest } = JSON.parse(row);
    return JSON.stringify(rest);
  });
}
