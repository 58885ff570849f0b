import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Watcher, watchModule } from '../../lib/edit/watcher.js';
import type { HotswiftError } from '../../lib/errors.js';
import { inChild } from '../support/child';
import { Fixture } from '../support/fixture';
import { withOneWatch } from '../support/restricted';

/** What this process watches, as /proc tells it (proc_pid_fdinfo(5)). */
function watches(): number {
  const counts = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('inotify ')).length;
    } catch {
      return 0;
    }
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Collects what a watcher tells: `save` and a name, `restructured` or `gone`. */
class Told {
  readonly all: string[] = [];
  readonly #waiting = new Set<() => void>();

  readonly listeners = {
    onSave: (file: string) => this.#note(`save ${path.basename(file)}`),
    onRestructured: () => this.#note('restructured'),
    onGone: () => this.#note('gone'),
    onError: (error: HotswiftError) => this.#note(error.message),
  };

  /** What is told of something that is done: up to what is expected, and for some milliseconds after it. */
  async of(work: () => void, expected: string, after = 0): Promise<string[]> {
    this.all.length = 0;
    work();
    while (!this.all.includes(expected)) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    await setTimeout(after);
    return [...new Set(this.all)];
  }

  #note(what: string): void {
    this.all.push(what);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Milliseconds, more than a file may be away. */
const longEnough = 200;

describe('the sources of a package that are watched', () => {
  const fixture = new Fixture({
    'App/Package.swift': '',
    'App/Sources/App/View.swift': '',
    'App/Sources/App/Models/Model.swift': '',
    'App/Sources/Lib/Lib.swift': '',
    'App/Schemas/card.txt': '',
    'Elsewhere/Linked.swift': '',
    'Elsewhere/Named.swift': '',
  });
  const target = fixture.path('App/Sources/App');
  symlinkSync(fixture.path('Elsewhere/Linked.swift'), path.join(target, 'Linked.swift'));
  linkSync(fixture.path('Elsewhere/Named.swift'), path.join(target, 'Named.swift'));
  for (let index = 0; index < 50; index += 1) fixture.write(`App/Sources/App/Many${index}.swift`, '');
  const sources = ['View.swift', 'Linked.swift', 'Named.swift', 'Models/Model.swift'].map((name) => path.join(target, name));
  const structure = {
    manifests: [fixture.path('App/Package.swift'), fixture.path('App/Package.resolved')],
    targetFolders: [target],
    dependencyFolders: [fixture.path('App/Sources/Lib')],
    pluginInputs: [fixture.path('App/Schemas/card.txt')],
  };
  const told = new Told();
  let watcher: Watcher;
  let count: number;

  beforeAll(async () => {
    const before = watches();
    watcher = await watchModule(sources, structure, told.listeners);
    count = watches() - before;
  });
  afterAll(() => watcher.close());

  it('take a watch for each folder, and for a file only where it has another name', () => {
    // App, Sources, App, Models, Lib, Schemas; where the link leads; the file with two names.
    expect(count).toBe(8);
  });

  const view = path.join(target, 'View.swift');
  const write = (file: string, text = 'x') => writeFileSync(fixture.path(file), text);

  it.each<[string, string, () => void]>([
    ['in place', 'save View.swift', () => writeFileSync(view, 'a')],
    ['in a folder below', 'save Model.swift', () => write('App/Sources/App/Models/Model.swift')],
    ['where a link leads', 'save Linked.swift', () => write('Elsewhere/Linked.swift')],
    ['under another name', 'save Named.swift', () => write('Elsewhere/Named.swift')],
    [
      'that replaces the file',
      'save View.swift',
      () => {
        writeFileSync(`${view}.tmp`, 'b');
        renameSync(`${view}.tmp`, view);
      },
    ],
    [
      'that moves the file away first',
      'save View.swift',
      () => {
        renameSync(view, path.join(fixture.folder, 'Former.swift'));
        void setTimeout(10).then(() => writeFileSync(view, 'c'));
      },
    ],
  ])('tell of a save %s, which changes nothing else', async (_, expected, save) => {
    expect(await told.of(save, expected, longEnough)).toEqual([expected]);
  });

  it.each<[string, () => void]>([
    ['a manifest', () => write('App/Package.swift')],
    ['what is resolved', () => write('App/Package.resolved')],
    ['what a plug-in makes sources of', () => write('App/Schemas/card.txt')],
    ['a file of a dependency', () => write('App/Sources/Lib/Lib.swift')],
    ['another file of the target that comes', () => write('App/Sources/App/New.swift')],
    ['one that goes', () => rmSync(path.join(target, 'New.swift'))],
    ['a resource', () => write('App/Sources/App/Models/data.json')],
    ['an edit of it', () => write('App/Sources/App/Models/data.json', 'y')],
    ['a folder that comes', () => mkdirSync(path.join(target, 'Deep'))],
    ['what comes in it', () => write('App/Sources/App/Deep/Down.swift')],
    [
      'another folder that takes its place',
      () => {
        mkdirSync(fixture.path('Deep'));
        renameSync(path.join(target, 'Deep'), fixture.path('Former'));
        renameSync(fixture.path('Deep'), path.join(target, 'Deep'));
      },
    ],
    ['its end', () => rmSync(path.join(target, 'Deep'), { recursive: true })],
  ])('are to be described again after %s', async (_, change) => {
    expect(await told.of(change, 'restructured', longEnough)).toEqual(['restructured']);
  });

  it('are not touched by times of folders, hidden files, and what is there for a moment', async () => {
    const nothing = () => {
      const now = new Date();
      for (const folder of ['App', 'App/Sources', 'App/Sources/App', 'App/Sources/App/Models']) utimesSync(fixture.path(folder), now, now);
      write('App/Sources/App/.View.swift.swp');
      write('App/Sources/App/4913');
      rmSync(fixture.path('App/Sources/App/4913'));
      writeFileSync(view, 'd');
    };
    expect(await told.of(nothing, 'save View.swift', longEnough)).toEqual(['save View.swift']);
  });

  it('are gone when a folder above them is another', async () => {
    expect(await told.of(() => renameSync(fixture.path('App/Sources'), fixture.path('App/Former')), 'gone')).toContain('gone');
  });
});

(withOneWatch === undefined ? it.skip : it)('too few watches are refused in words that help', async () => {
  const fixture = new Fixture({ 'App/One/a.swift': '', 'App/Two/b.swift': '' });
  const refusal = await inChild(
    (_, { watcher, sources }) =>
      require(watcher)
        .watchModule(sources, undefined, {})
        .catch(({ code, message }: HotswiftError) => ({ code, message })),
    { watcher: path.resolve('dist/edit/watcher.js'), sources: ['App/One/a.swift', 'App/Two/b.swift'].map((file) => fixture.path(file)) },
    withOneWatch,
  );
  expect(refusal).toMatchObject({
    code: 'ERR_HOTSWIFT_PROJECT',
    message: expect.stringMatching(
      /ENOSPC.*raise the limit fs\.inotify\.max_user_watches, which is \d+, .*sysctl.*or open the session without `watch`/s,
    ),
  });
});
