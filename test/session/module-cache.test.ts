import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Session } from '../../lib/index.js';
import { defaultCacheDirectory } from '../../lib/project/cache-directory.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

/** A module in a cache of its own, with PreviewKit in it. */
function cachedModule() {
  const fixture = new Fixture();
  const model = fixture.write('Model.swift', 'struct Model { var shade: String { "#00ff00" } }\n');
  const file = fixture.write('View.swift', colorPreview('\\(Model().shade)'));
  const cacheDirectory = fixture.path('cache');
  cpSync(path.join(defaultCacheDirectory(), 'preview-kit'), path.join(cacheDirectory, 'preview-kit'), {
    recursive: true,
    preserveTimestamps: true,
  });
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

  it('does not use what was compiled with other flags', async () => {
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
  it.each(damages)('with %s is not used, and mended', async (_, damage) => {
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

  it('that is deleted while a session runs costs it a compile, and nothing else', async () => {
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
});

describe('the cache', () => {
  it('keeps the newest states of a module only', async () => {
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
