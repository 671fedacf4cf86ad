import { readFileSync } from 'node:fs';

/** The memory of a process that is resident, in bytes. */
export interface Resident {
  now: number;
  /** The most since the process started its program. */
  peak: number;
}

/** Reads the resident memory from the text of /proc/PID/status; undefined if it is not there. */
export function readResident(status: string): Resident | undefined {
  const bytes = (name: string) => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  };
  const [now, peak] = [bytes('VmRSS'), bytes('VmHWM')];
  return now === undefined || peak === undefined ? undefined : { now, peak };
}

/**
 * The resident memory of a process; undefined where the system has no /proc, as outside of Linux, or if it has ended.
 * (`maxRSS` of `resourceUsage` would count the program that started the process, too.)
 */
export function residentOf(pid: number | undefined): Resident | undefined {
  if (pid === undefined) return undefined;
  try {
    return readResident(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return undefined;
  }
}
