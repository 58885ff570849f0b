import { type Spawned, spawn, unrefStream } from './spawn.js';

/**
 * What the reaper does: it reads lines, and when there are no more, because the host has ended however that was, ends the processes, with what
 * they have started, and removes the folders.
 */
const script = `
trap '' HUP INT TERM
processes=' '
folders=' '
while IFS= read -r line; do
  what=\${line#?? }
  case $line in
    '+p '*) processes="$processes$what " ;;
    '-p '*) processes="\${processes%% "$what" *} \${processes#* "$what" }" ;;
    '+f '*) folders="$folders$what " ;;
    '-f '*) folders="\${folders%% "$what" *} \${folders#* "$what" }" ;;
  esac
done
children() {
  if [ -r "/proc/$1/task/$1/children" ]; then
    cat "/proc/$1/task/"*/children
  else
    ps -A -o pid=,ppid= | while read -r child parent; do if [ "$parent" = "$1" ]; then echo "$child"; fi; done
  fi
}
end() {
  kill -STOP "$1" || return
  for child in $(children "$1"); do (end "$child"); done
  kill -KILL "-$1" || kill -KILL "$1"
}
for process in $processes; do end "$process"; done
for folder in $folders; do rm -rf "$(printf %b "$folder")"; done
`;

/** A line says what to do with a process or a folder. */
type Kind = 'p' | 'f';

/**
 * A shell that ends what a host leaves behind when it has no time to do so itself, as after SIGKILL. It is there as long as there is something to end; costs
 * a megabyte. Where no shell can be started, things are as without it.
 */
class Reaper {
  #shell: Spawned | undefined;
  #entries = 0;

  /** Has something ended after the host. What this returns takes that back, and resolves when no shell is there that has nothing left to do. */
  add(kind: Kind, what: string): () => Promise<void> {
    this.#shell ??= start();
    this.#entries += 1;
    this.#tell(`+${kind} ${what}`);
    let isTakenBack = false;
    return async () => {
      if (isTakenBack) return;
      isTakenBack = true;
      this.#entries -= 1;
      this.#tell(`-${kind} ${what}`);
      if (this.#entries === 0) await this.#end();
    };
  }

  #tell(line: string): void {
    this.#shell?.stdin?.write(`${line}\n`);
  }

  async #end(): Promise<void> {
    const shell = this.#shell;
    this.#shell = undefined;
    if (shell?.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return;
    const ended = new Promise((resolve) => shell.once('exit', resolve));
    shell.ref();
    // It has nothing to do, and may have been stopped.
    process.kill(shell.pid, 'SIGKILL');
    await ended;
  }
}

function start(): Spawned {
  // A session of its own: what ends the host's process group is not to end it.
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], cwd: '/', detached: true });
  shell.on('error', () => {});
  shell.stdin?.on('error', () => {});
  shell.unref();
  unrefStream(shell.stdin);
  return shell;
}

const reaper = new Reaper();

/** Has a process, and what it starts, ended after the host. To be taken back with what this returns, once it has ended. */
export function reapProcess(pid: number): () => Promise<void> {
  return reaper.add('p', String(pid));
}

/** Has a folder removed after the host. To be taken back with what this returns, once it is gone: its name may be another's then. */
export function reapFolder(folder: string): () => Promise<void> {
  return reaper.add('f', asWord(folder));
}

/** As `printf %b` reads it: a word without anything that means something to a shell. */
function asWord(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => String.fromCharCode(byte))
    .map((character) => (/[\w./-]/.test(character) ? character : `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`))
    .join('');
}
