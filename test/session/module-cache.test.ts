import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Session, SessionOptions } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { type Host, inHost } from '../support/host';
import { Picture } from '../support/picture';
import { copyPreviewKit, needPreviewKit } from '../support/preview-kit';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { first, full } from '../support/tier';

// Four processes that start at once compile PreviewKit.
jest.setTimeout(120_000);

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

needPreviewKit();

/** A module in a cache of its own, with PreviewKit in it. */
function cachedModule() {
  const fixture = new Fixture();
  const model = fixture.write('Model.swift', 'struct Model { var shade: String { "#00ff00" } }\n');
  const file = fixture.write('View.swift', colorPreview('\\(Model().shade)'));
  const cacheDirectory = fixture.path('cache');
  copyPreviewKit(cacheDirectory);
  const options = { file, module: { name: 'App', sources: [model] }, cacheDirectory };
  return { fixture, model, file, cacheDirectory, options };
}

/** The states of the one module in a cache. */
function statesIn(cacheDirectory: string): string[] {
  const modules = path.join(cacheDirectory, 'modules');
  return readdirSync(modules).flatMap((name) => readdirSync(path.join(modules, name)).map((state) => path.join(modules, name, state)));
}

async function fill(options: Parameters<typeof openSession>[0]): Promise<void> {
  const session = await openSession(options);
  expect(session.error).toBeNull();
  await session.idle();
  await session.close();
}

describe('a later session', () => {
  it('compiles nothing when the texts are the same', async () => {
    const { options } = cachedModule();
    await fill(options);
    const session = await openSession(options);
    expect(await color(session)).toBe('#00ff00');
    expect(await session.reload({ fresh: true })).toMatchObject({ tier: 'none', recompiled: [] });
  });

  it('compiles what was edited meanwhile', async () => {
    const { fixture, model, options } = cachedModule();
    await fill(options);
    fixture.write('Model.swift', 'struct Model { var shade: String { "#0000ff" } }\n');
    const session = await openSession(options);
    expect(await color(session)).toBe('#0000ff');
    fixture.write('Model.swift', 'struct Model { var more = 1.5; var shade: String { "#ff00ff" } }\n');
    expect((await session.reload()).recompiled).toEqual(expect.arrayContaining([model, options.file]));
    expect(await color(session)).toBe('#ff00ff');
  });

  it('compiles nothing where the cache was moved meanwhile, and then what is edited', async () => {
    const { fixture, options } = cachedModule();
    fixture.write('View.swift', `import Foundation\n${colorPreview('\\(Model().shade)')}`);
    await fill(options);
    const cacheDirectory = fixture.path('moved');
    renameSync(options.cacheDirectory, cacheDirectory);
    const phases: string[] = [];
    const session = await openSession({ ...options, cacheDirectory, onProgress: ({ phase }) => phases.push(phase) });
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#00ff00');
    expect(phases.filter((phase) => phase.startsWith('compiling'))).toEqual([]);
    fixture.write('Model.swift', 'import Foundation\nstruct Model { var shade: String { "#0000ff" } }\n');
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
    expect(existsSync(options.cacheDirectory)).toBe(false);
  });

  full.it('does not use what was compiled with other flags', async () => {
    const { options, fixture } = cachedModule();
    fixture.write('Model.swift', 'struct Model { var shade: String {\n#if BLUE\n"#0000ff"\n#else\n"#00ff00"\n#endif\n} }\n');
    await fill(options);
    const session = await openSession({ ...options, module: { ...options.module, flags: ['-D', 'BLUE'] } });
    expect(await color(session)).toBe('#0000ff');
  });
});

describe('a damaged cache', () => {
  const damages: [string, (state: string) => void][] = [
    ['an object cut short', (state) => truncateSync(path.join(state, '0.o'), 100)],
    ['an object overwritten', (state) => writeFileSync(path.join(state, '0.o'), Buffer.alloc(statSync(path.join(state, '0.o')).size, 7))],
    [
      'dependency information overwritten',
      (state) => writeFileSync(path.join(state, '1.swiftdeps'), Buffer.alloc(statSync(path.join(state, '1.swiftdeps')).size, 7)),
    ],
    [
      'a description that is none',
      (state) => writeFileSync(path.join(state, 'module.json'), 'x'.repeat(statSync(path.join(state, 'module.json')).size)),
    ],
    ['no library', (state) => rmSync(path.join(state, readdirSync(state).find((name) => name.startsWith('libApp')) ?? ''))],
    ['no inventory', (state) => rmSync(path.join(state, 'inventory.json'))],
  ];
  first(1).it.each(damages)('with %s is not used, and mended', async (_, damage) => {
    const { fixture, options, cacheDirectory } = cachedModule();
    await fill(options);
    for (const state of statesIn(cacheDirectory)) damage(state);
    const session = await openSession(options);
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#00ff00');
    fixture.write('Model.swift', 'struct Model { var shade: String { "#0000ff" } }\n');
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
  });

  full.it('that is deleted while a session runs costs it a compile, and nothing else', async () => {
    const { fixture, options, cacheDirectory } = cachedModule();
    await fill(options);
    const session = await openSession(options);
    await session.idle();
    rmSync(cacheDirectory, { recursive: true });
    fixture.write('View.swift', colorPreview('\\(Model().shade)', '\nlet more = 1\n'));
    await session.reload();
    expect(await color(session)).toBe('#00ff00');
    fixture.write('Model.swift', 'struct Model { var shade: String { "#0000ff" } }\n');
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
  });

  first(1).it.each<[string, (session: Session, fixture: Fixture) => unknown]>([
    ['agent ends', (session) => process.kill(session.agent?.pid ?? 0, 'SIGKILL')],
    ['user asks for a fresh agent', (session) => session.reload({ fresh: true })],
    [
      'agent reaches its cap',
      (session, fixture) => {
        fixture.write('View.swift', colorPreview('\\(Model().shade)', 'let more = 1\n'));
        return session.reload();
      },
    ],
  ])('that is deleted while a session runs does not keep it from going on when its %s', async (_, replace) => {
    const { fixture, options, cacheDirectory } = cachedModule();
    await fill(options);
    const session = await openSession({ ...options, generationCap: 2, standby: false });
    await session.idle();
    const pid = session.agent?.pid;
    const errors = recordEvents(session, 'reload-error');
    rmSync(cacheDirectory, { recursive: true });
    const respawned = nextEvent(session, 'respawn');
    await replace(session, fixture);
    await respawned;
    expect(session.agent?.pid).not.toBe(pid);
    expect(await color(session)).toBe('#00ff00');
    fixture.write('Model.swift', 'struct Model { var shade: String { "#0000ff" } }\n');
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
    expect(errors).toEqual([]);
  });
});

/** Every file and folder of a cache, with the sizes of the files. */
function contentsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
    const stats = statSync(path.join(folder, name));
    return `${name} ${stats.isFile() ? stats.size : ''}`;
  });
}

const unfinished = (cacheDirectory: string) => contentsOf(cacheDirectory).filter((name) => name.includes('.building-'));

function setModes(folder: string, [forFolders, forFiles]: [number, number]): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(folder, name);
    chmodSync(file, statSync(file).isFile() ? forFiles : forFolders);
  }
  chmodSync(folder, forFolders);
}

/** What runs Node so that modes of files are heeded: root would not. */
function heedingModes(readOnly: string): string[] {
  try {
    accessSync(readOnly, constants.W_OK);
    return ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
  } catch {
    return [];
  }
}

/** Opens a session, makes edits, and says the colours of all pictures. */
async function edit({ createSession, color }: Host, { options, edits }: { options: SessionOptions; edits: Record<string, string>[] }) {
  const { writeFileSync } = require('node:fs');
  const session = await createSession(options);
  if (session.error) throw session.error;
  const colors = [await color(session)];
  for (const texts of edits) {
    for (const [file, text] of Object.entries(texts)) writeFileSync(file, text);
    await session.reload();
    colors.push(await color(session));
    await session.idle();
  }
  await session.close();
  return colors;
}

/** What becomes of a start. */
function start({ createSession }: Host, { options }: { options: SessionOptions }): Promise<string> {
  return createSession(options).then(
    () => 'started',
    ({ code, message }) => `${code}: ${message}`,
  );
}

describe('a cache that is read-only', () => {
  first(1).it.each([
    ['with nothing in it but PreviewKit', async () => {}],
    ['with the module in it', fill],
  ])('%s, serves a session as any other does, and stays as it is', async (_, prepare) => {
    const { model, options, cacheDirectory } = cachedModule();
    await prepare(options);
    const shade = (value: string) => ({ [model]: `struct Model { var shade: String { "${value}" } }\n` });
    const formatted = `import Foundation\n${colorPreview('\\(String(format: "#%06x", Model().number))')}`;
    const edits = [
      shade('#0000ff'),
      { [options.file]: colorPreview('\\("#ff" + Model().shade.dropFirst(3))') },
      { ...shade('#00ffff'), [options.file]: colorPreview('\\(Model().shade)') },
      // Modules of C that were not imported before: the compiler keeps them in the cache as well.
      { [model]: 'struct Model { var number = 0x12abcd }\n', [options.file]: formatted },
    ];
    setModes(cacheDirectory, [0o555, 0o444]);
    try {
      const before = contentsOf(cacheDirectory);
      const colors = await inHost(edit, { options, edits }, { seconds: 60, within: heedingModes(cacheDirectory) });
      expect(colors).toEqual(['#00ff00', '#0000ff', '#ff00ff', '#00ffff', '#12abcd']);
      expect(contentsOf(cacheDirectory)).toEqual(before);
    } finally {
      setModes(cacheDirectory, [0o755, 0o644]);
    }
  });
});

full.it('a cache that is read-only cannot take a package, and the option is named', async () => {
  const { cacheDirectory } = cachedModule();
  const manifest = `// swift-tools-version: 6.0
import PackageDescription
let package = Package(name: "Colors", targets: [.target(name: "Colors")])
`;
  const fixture = new Fixture({ 'Package.swift': manifest });
  const file = fixture.write('Sources/Colors/Color.swift', colorPreview('#ff0000'));
  setModes(cacheDirectory, [0o555, 0o444]);
  try {
    const within = heedingModes(cacheDirectory);
    const answer = await inHost(start, { options: { file, cacheDirectory } }, { within });
    expect(answer).toMatch(/^ERR_HOTSWIFT_PROJECT: the cache folder .* cannot be written: EACCES.*`cacheDirectory`/);
  } finally {
    setModes(cacheDirectory, [0o755, 0o644]);
  }
});

/** In place of a full disk: no file may become larger than `--fsize` bytes, and what is written beyond that is lost. */
describe('a cache that has no more room', () => {
  it('for PreviewKit keeps nothing of it, says so, and is filled when there is room', async () => {
    const { options, cacheDirectory } = cachedModule();
    rmSync(path.join(cacheDirectory, 'preview-kit'), { recursive: true });
    const answer = await inHost(start, { options }, { seconds: 60, within: ['prlimit', '--fsize=50000'] });
    expect(answer).toMatch(/^ERR_HOTSWIFT_\w+: .*PreviewKit/);
    expect(contentsOf(path.join(cacheDirectory, 'preview-kit'))).toEqual([]);
    // Nothing but the cache is written: the compiler's own is in the home folder.
    const env = { HOME: '/proc/nowhere' };
    expect(await inHost(edit, { options, edits: [] }, { seconds: 60, env })).toEqual(['#00ff00']);
  });

  full.it('for the module keeps nothing of it, and a session that runs goes on', async () => {
    const { model, options, cacheDirectory } = cachedModule();
    const body = async ({ createSession, color }: Host, { options, model }: { options: SessionOptions; model: string }) => {
      const { execFileSync } = require('node:child_process');
      const { readdirSync, writeFileSync } = require('node:fs');
      const limit = (size: string) => execFileSync('prlimit', [`--pid=${process.pid}`, `--fsize=${size}:`]);
      const session = await createSession(options);
      let hasRoom = false;
      session.on('progress', ({ phase }) => {
        if (!hasRoom && phase === 'keeping the module for later sessions') limit('100');
      });
      const colors = [await color(session)];
      await session.idle();
      const kept: string[] = readdirSync(`${options.cacheDirectory}/modules`, { recursive: true });

      limit('unlimited');
      writeFileSync(model, 'struct Model { var shade: String { "#0000ff" } }\n');
      // Nor is there room for what is compiled.
      limit('20');
      const failure = await session.reload().catch(({ code }) => code);
      colors.push(await color(session));
      limit('unlimited');
      hasRoom = true;
      await session.reload();
      colors.push(await color(session));
      await session.idle();
      await session.close();
      return { colors, kept, failure };
    };
    const { colors, kept, failure } = await inHost(body, { options, model }, { seconds: 60 });
    expect(kept.filter((name) => name.includes('.o'))).toEqual([]);
    expect(failure).toBe('ERR_HOTSWIFT_PROJECT');
    expect(colors).toEqual(['#00ff00', '#00ff00', '#0000ff']);
    expect(unfinished(cacheDirectory)).toEqual([]);
    expect(statesIn(cacheDirectory)).toHaveLength(1);
    const session = await openSession(options);
    expect(await color(session)).toBe('#0000ff');
  });
});

full.it('a cache is shared by four processes that start at once, each with edits of its own', async () => {
  const { model, options, cacheDirectory } = cachedModule();
  rmSync(cacheDirectory, { recursive: true });
  const body = async (
    { createSession, color }: Host,
    { options, rounds }: { options: SessionOptions; rounds: Record<string, string>[] },
  ) => {
    const session = await createSession(options);
    if (session.error) throw session.error;
    const colors = [await color(session)];
    for (const contents of rounds) {
      await session.reload({ contents });
      colors.push(await color(session));
      // What is kept of each is kept while the others do so.
      await session.idle();
    }
    await session.close();
    return colors;
  };
  // Two of each four edits are of the other file, and one changes its interface.
  const rounds = (digit: number) => {
    const own = (end: string) => `#${digit}${digit}0${end}`;
    return {
      texts: [
        { [model]: `struct Model { var shade: String { "${own('001')}" } }\n` },
        { [options.file]: colorPreview('\\("#ff" + Model().shade.dropFirst(3))') },
        {
          [model]: `struct Model { var spare = ${digit}; var shade: String { "${own('003')}" } }\n`,
          [options.file]: colorPreview('\\(Model().shade)'),
        },
        { [options.file]: colorPreview(own('004')) },
      ],
      colors: ['#00ff00', own('001'), '#ffff00', own('003'), own('004')],
    };
  };
  const stories = [1, 2, 3, 4].map(rounds);
  const answers = await Promise.all(stories.map(({ texts }) => inHost(body, { options, rounds: texts }, { seconds: 110 })));
  expect(answers).toEqual(stories.map(({ colors }) => colors));

  expect(unfinished(cacheDirectory)).toEqual([]);
  expect(readdirSync(path.join(cacheDirectory, 'preview-kit'))).toHaveLength(1);
  expect(statesIn(cacheDirectory).length).toBeLessThanOrEqual(4);
  const session = await openSession(options);
  expect(await color(session)).toBe('#00ff00');
});

describe('the cache', () => {
  full.it('loses what no session uses where it may take nothing, and the session that uses the rest goes on', async () => {
    const { fixture, options, cacheDirectory } = cachedModule();
    const lone = new Fixture().write('Lone.swift', colorPreview('#123456'));
    await fill({ file: lone, cacheDirectory });
    await fill(options);
    const [used] = statesIn(cacheDirectory).filter((state) =>
      readFileSync(path.join(state, 'module.json'), 'utf8').includes('Model.swift'),
    );
    expect(statesIn(cacheDirectory)).toHaveLength(2);
    const session = await openSession({ ...options, cacheSize: 0 });
    await session.idle();
    expect(statesIn(cacheDirectory)).toEqual([used]);
    expect(readdirSync(path.join(cacheDirectory, 'preview-kit'))).toHaveLength(1);
    fixture.write('Model.swift', 'struct Model { var shade: String { "#0000ff" } }\n');
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
  });

  full.it('keeps the newest states of a module only', async () => {
    const { fixture, options, cacheDirectory } = cachedModule();
    for (let count = 0; count < 6; count += 1) {
      fixture.write('Model.swift', `struct Model { var shade: String { "#0000f${count}" } }\n`);
      await fill(options);
    }
    const states = statesIn(cacheDirectory);
    expect(states.length).toBeLessThanOrEqual(4);
    expect(states.map((state) => readFileSync(path.join(state, 'module.json'), 'utf8'))).toHaveLength(states.length);
  });
});
