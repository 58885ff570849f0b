import { type Spawned, spawn, unrefStream } from './spawn.js';

/**
 * What the reaper does: it reads lines, and when there are no more, because the host has ended however that was, ends the processes, with what
 * they have started, and removes the folders.
 */
const script = `
trap '' HUP INT TERM
processes=' '
set --
while IFS= read -r line; do
  what=\${line#? }
  case $line in
    '+ '*) processes="$processes$what " ;;
    '- '*) processes="\${processes%% $what *} \${processes#* $what }" ;;
    'f '*) set -- "$@" "$what" ;;
  esac
done
end() {
  kill -STOP "$1" || return
  ps -A -o pid=,ppid= | while read -r child parent; do
    if [ "$parent" = "$1" ]; then (end "$child"); fi
  done
  kill -KILL "-$1" || kill -KILL "$1"
}
for process in $processes; do end "$process"; done
for folder; do rm -rf "$folder"; done
`;

/**
 * A shell that ends what a host leaves behind when it has no time to do so itself, as after SIGKILL. Started with the first thing there is to end; costs
 * a megabyte. Where no shell can be started, things are as without it.
 */
class Reaper {
  #shell: Spawned | undefined;

  tell(line: string): void {
    if (line.includes('\n')) return;
    this.#shell ??= start();
    this.#shell.stdin?.write(`${line}\n`);
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
export function reapProcess(pid: number): () => void {
  reaper.tell(`+ ${pid}`);
  return () => reaper.tell(`- ${pid}`);
}

/** Has a folder removed after the host. One that is gone by then is no error. */
export function reapFolder(folder: string): void {
  reaper.tell(`f ${folder}`);
}
