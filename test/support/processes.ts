import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  pid: number;
  parent: number;
  /** The program and its arguments, with blanks between them. */
  command: string;
}

/** What runs on this machine, as /proc tells it (proc_pid_stat(5)); no zombies. */
export function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const pid = Number(name);
      const [, state, parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ');
      return /^\d+$/.test(name) && state !== 'Z' ? [{ pid, parent: Number(parent), command }] : [];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

/** The agents that this process has started, whichever session they belong to. */
export function agents(): number[] {
  return processes()
    .filter(({ parent, command }) => parent === process.pid && command.includes('agent/main'))
    .map(({ pid }) => pid);
}

/** Whether there is a process of this number, a zombie or not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
