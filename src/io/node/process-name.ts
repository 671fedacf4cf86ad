import { nodeModule } from '../../platform.js';

/**
 * The name of a process, for files that it owns: its host, a hash of what else identifies the machine, its id, and when
 * it started, which distinguishes it from a later process with the same id.
 */
const pattern = /^([\w-]+)\.([0-9a-f]{8})\.(\d+)\.(\d*)$/;

let own: string | undefined;

/** The name of this process. */
export function processName(): string {
  own ??= `${hostName()}.${machineHash()}.${process.pid}.${startOf(process.pid) ?? ''}`;
  return own;
}

/** The host and the id of a process by its name, or null for other text. */
export function parseProcessName(name: string): { readonly host: string; readonly pid: number } | null {
  const match = pattern.exec(name);
  return match && { host: match[1], pid: Number(match[3]) };
}

/**
 * Returns whether the process of this name runs. Null where nothing is known: for other text, processes of other
 * machines, and systems that do not report when a process started, so that a later one may have its id.
 */
export function isRunning(name: string): boolean | null {
  const match = pattern.exec(name);
  if (!match || `${match[1]}.${match[2]}` !== `${hostName()}.${machineHash()}`) return null;
  const pid = Number(match[3]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: a process of another user
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const start = startOf(pid);
  return start === null || match[4] === '' ? null : start === match[4];
}

function hostName(): string {
  return (
    nodeModule('os')
      .hostname()
      .replace(/[^\w-]+/g, '-')
      .slice(0, 40) || 'host'
  );
}

/** Machines and containers that share a folder may have the same host name; process ids mean nothing across them. */
function machineHash(): string {
  const parts = [
    nodeModule('os').hostname(),
    readText('/proc/sys/kernel/random/boot_id'),
    linkTarget('/proc/self/ns/pid'),
  ];
  return nodeModule('crypto').createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
}

/** When a process started, in a unit of the system; null if the system does not report it. */
function startOf(pid: number): string | null {
  if (process.platform === 'linux') {
    // the name in parentheses may contain spaces; then follow the state and, 19 fields later, the ticks since boot
    const stat = readText(`/proc/${pid}/stat`);
    const [state, ...fields] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    // a process that has ended is listed until its parent has waited for it
    return state === 'Z' || state === 'X' ? 'ended' : (fields[18] ?? null);
  }
  if (process.platform === 'win32') return null;
  const { stdout } = nodeModule('child_process').spawnSync('ps', ['-o', 'lstart=', '-p', `${pid}`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const moment = Date.parse(stdout ?? '');
  return Number.isNaN(moment) ? null : String(moment);
}

function readText(path: string): string | null {
  try {
    return nodeModule('fs').readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function linkTarget(path: string): string | null {
  try {
    return nodeModule('fs').readlinkSync(path);
  } catch {
    return null;
  }
}
