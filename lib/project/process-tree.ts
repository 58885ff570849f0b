import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Ends a process and all that it started, at once. SwiftPM and the Swift driver put what they run in process groups of their own, which
 * neither a signal to their group nor their own end reaches.
 */
export function killTree(root: number): void {
  // What is stopped starts nothing more, so that the tree that is found is whole.
  const tree = new Set<number>();
  for (let found = [root]; found.length > 0; found = childrenOf(tree).filter((pid) => !tree.has(pid))) {
    for (const pid of found) {
      tree.add(pid);
      signal(pid, 'SIGSTOP');
    }
  }
  for (const pid of tree) signal(pid, 'SIGKILL');
}

function childrenOf(parents: ReadonlySet<number>): number[] {
  if (process.platform !== 'linux') return withParents(listWithPs(), parents);
  // To look at every process takes longer than the event loop may stand still, where there are many.
  return listsChildren() ? [...parents].flatMap(childrenOfThreads) : withParents(listProc(), parents);
}

function withParents(processes: readonly Process[], parents: ReadonlySet<number>): number[] {
  return processes.filter(({ parent }) => parents.has(parent)).map(({ pid }) => pid);
}

/** Whether the kernel was built to list the children of a thread (proc_tid_children(5)). */
function listsChildren(): boolean {
  return existsSync(`/proc/self/task/${process.pid}/children`);
}

function childrenOfThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
      return text === '' ? [] : text.split(' ').map(Number);
    });
  } catch {
    // It ended meanwhile.
    return [];
  }
}

interface Process {
  pid: number;
  parent: number;
}

/** proc_pid_stat(5): the parent is the second field after the name, which stands in parentheses and may hold any character. */
function listProc(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(parent) }];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

function listWithPs(): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent) };
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
