import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import type { Session, SessionOptions } from '../../lib/index.js';
import { Fixture, swiftc } from '../support/fixture';
import { type Host, inHost } from '../support/host';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { inTemporaryFolder } from '../support/temporary-folder';
import { full, long } from '../support/tier';

const minutes = 60_000;

interface Life {
  /** The colours of the left and the right half of the picture after each edit. */
  pictures: [string, string][];
  respawns: { reason: string; oldPid: number; newPid: number }[];
  /** Resident bytes of each agent: of its tenth generation, and when it was looked at last, which is at its cap. */
  agents: { pid: number; young: number; old: number; generations: number }[];
  /** After every hundred edits, when garbage has been collected. */
  hosts: { resident: number; heap: number }[];
}

/** Two files, of which each says the colour of a half. */
interface Script {
  options: SessionOptions;
  files: { file: string; text: string }[];
  colors: string[];
}

/** Edits one file after the other. In a process of its own: what a test runner keeps in memory is not to be measured. */
async function live({ createSession, color }: Host, { options, files, colors }: Script): Promise<Life> {
  const { readFileSync, writeFileSync } = require('node:fs');
  require('node:v8').setFlagsFromString('--expose-gc');
  const collectGarbage = require('node:vm').runInNewContext('gc');
  const residentBytes = (pid: number) => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const session: Session = await createSession(options);
  if (session.error) throw session.error;
  const life: Life = { pictures: [], respawns: [], agents: [], hosts: [] };
  session.on('respawn', (respawn) => life.respawns.push(respawn));
  for (const [index, next] of colors.entries()) {
    const { file = '', text = '' } = files[index % files.length] ?? {};
    writeFileSync(file, text.replace('COLOR', next));
    const { tier } = await session.reload();
    if (tier !== 'structural') throw new Error(`the tier is ${tier}`);
    life.pictures.push([await color(session, 1), await color(session, 38)]);
    const { pid = 0, generations = 0 } = session.agent ?? {};
    const known = life.agents.find((agent) => agent.pid === pid);
    if (known !== undefined) Object.assign(known, { old: residentBytes(pid), generations });
    else if (generations === 10) life.agents.push({ pid, young: residentBytes(pid), old: 0, generations });
    if (index % 100 !== 99) continue;
    await session.idle();
    // What objects hold outside of the heap goes in the turn after they were found to be garbage.
    collectGarbage();
    await new Promise(setImmediate);
    collectGarbage();
    const { rss, heapUsed, external } = process.memoryUsage();
    life.hosts.push({ resident: rss, heap: heapUsed + external });
  }
  await session.close();
  return life;
}

long.describe('a session of 500 edits', () => {
  const generationCap = 100;
  const colors = Array.from({ length: 500 }, (_, index) => `#${(0x10_10_10 + index * 0x01_03_07).toString(16).slice(-6)}`);
  let life: Life;

  beforeAll(async () => {
    const fixture = new Fixture();
    const view = `import PreviewKit
struct Halves_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Halves") {
      SVG("<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><rect width='20' height='20' fill='COLOR'/><rect x='20' width='20' height='20' fill='\\(Model().shade)'/></svg>")
    }
  }
}
`;
    const texts: [string, string][] = [
      ['View.swift', view],
      ['Model.swift', 'struct Model { var shade: String { "COLOR" } }\n'],
    ];
    const files = texts.map(([name, text]) => ({ file: fixture.write(name, text.replace('COLOR', '#000000')), text }));
    const module = { name: 'Long', sources: files.map(({ file }) => file) };
    const options = { file: fixture.path('View.swift'), module, generationCap, literalEdits: false };
    life = await inHost(live, { options, files, colors }, { seconds: 14 * 60 });
  }, 15 * minutes);

  it('shows each of them, in six agents', () => {
    const former = (index: number) => colors[index - 1] ?? '#000000';
    expect(life.pictures).toEqual(colors.map((color, index) => (index % 2 === 0 ? [color, former(index)] : [former(index), color])));
    expect(life.respawns.map(({ reason }) => reason)).toEqual(Array(5).fill('cap'));
    expect(new Set(life.respawns.flatMap(({ oldPid, newPid }) => [oldPid, newPid])).size).toBe(6);
  });

  // What was measured: an agent takes 25 to 45 KB a generation, as nothing that was linked is freed; the host's heap 1 KB an edit, of which this
  // test keeps some. Of resident memory some megabytes come and go.
  it('takes as much memory in its last agent as in its first, and in the host', () => {
    const megabyte = 2 ** 20;
    expect(life.agents.map(({ generations }) => generations >= generationCap - 1)).toEqual(Array(5).fill(true));
    // 100 KB a generation.
    for (const { young, old } of life.agents) expect(old - young).toBeLessThan(9 * megabyte);
    const atCap = life.agents.map(({ old }) => old);
    expect(Math.max(...atCap) - Math.min(...atCap)).toBeLessThan(8 * megabyte);
    const [first, last] = [life.hosts[0], life.hosts.at(-1)];
    // 5 KB an edit, and 60 KB of it outside of the heap.
    expect((last?.heap ?? Number.NaN) - (first?.heap ?? Number.NaN)).toBeLessThan(2 * megabyte);
    expect((last?.resident ?? Number.NaN) - (first?.resident ?? Number.NaN)).toBeLessThan(24 * megabyte);
  });
});

describe('sessions that are closed', () => {
  /** A compiler whose driver says what it said the first time: of a start, its own takes two thirds, and compiles nothing. */
  function rememberingDriver(fixture: Fixture): string {
    const script = `#!/bin/sh
case "$1" in -print-target-info | '-###') ;; *) exec ${swiftc} "$@" ;; esac
answer="${fixture.folder}/$(printf '%s\\n' "$@" | cksum)"
[ -f "$answer" ] || { ${swiftc} "$@" > "$answer $$" && mv "$answer $$" "$answer"; } || exit
exec cat "$answer"
`;
    const program = fixture.write('swiftc', script);
    chmodSync(program, 0o755);
    return program;
  }

  async function leaveNothing(rounds: number): Promise<void> {
    const fixture = new Fixture();
    const options = {
      file: fixture.write('Color.swift', colorPreview('#ff0000')),
      watch: true,
      cacheDirectory: fixture.path('cache'),
      toolchain: { swiftc: rememberingDriver(fixture) },
    };
    const left = () => ({
      descriptors: readdirSync('/proc/self/fd').length,
      threads: readdirSync('/proc/self/task').length,
      listeners: process.listenerCount('exit'),
      children: readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').length,
    });
    let drawn = 0;
    const once = async () => {
      const session = await openSession(options);
      expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#ff0000');
      await session.close();
      drawn += 1;
    };
    const four = () => Promise.all([once(), once(), once(), once()]);
    await inTemporaryFolder(async () => {
      // What is made once a process: threads of libuv's pool, the shell that ends what a killed host leaves.
      for (let round = 0; round < 2; round += 1) await four();
      const usual = left();
      for (let round = 0; round < rounds; round += 1) await four();
      expect(left()).toEqual(usual);
    });
    expect(drawn).toBe(8 + 4 * rounds);
  }

  full.it('leave nothing behind: 20, of which four are open at once', () => leaveNothing(5), 2 * minutes);
  long.it('leave nothing behind: 200, of which four are open at once', () => leaveNothing(50), 15 * minutes);
});
