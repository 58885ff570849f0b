import { Fixture } from '../support/fixture';
import { openSession } from '../support/session';

const probe = '@_cdecl("probe") public func probe() -> Int32 { Int32(value()) }\n';

/** A model with users, on two branches that differ in its layout and in what some of them do. */
const branches = {
  main: {
    'Model.swift': 'struct Model { var a: Int8 = 1 }\n',
    'Size.swift': 'func size() -> Int { MemoryLayout<Model>.size }\n',
    'Value.swift': 'func value() -> Int { size() * 10 + number() }\n',
    'Number.swift': 'func number() -> Int { 1 }\n',
  },
  other: {
    'Model.swift': 'struct Model { var a: Int8 = 1; var b: Int16 = 2 }\n',
    'Size.swift': 'func size() -> Int { MemoryLayout<Model>.size }\n',
    'Value.swift': 'func value() -> Int { size() * 100 + number() }\n',
    'Number.swift': 'func number() -> Int { 2 }\n',
  },
};

const values = { main: 11, other: 402 };

async function openMain() {
  const fixture = new Fixture({ ...branches.main, 'Probe.swift': probe });
  const sources = Object.keys(branches.main).map((name) => fixture.path(name));
  const session = await openSession({ file: fixture.path('Probe.swift'), module: { name: 'App', sources } });
  const checkOut = (texts: Record<string, string>) => {
    for (const [name, text] of Object.entries(texts)) fixture.write(name, text);
  };
  return { fixture, session, checkOut };
}

describe('texts that come back', () => {
  it('are not compiled again, the branch before neither', async () => {
    const { session, checkOut, fixture } = await openMain();
    expect(await session.call('probe')).toBe(values.main);
    checkOut(branches.other);
    const first = await session.reload();
    expect(first.recompiled.sort()).toEqual(['Model', 'Number', 'Size', 'Value'].map((name) => fixture.path(`${name}.swift`)));
    expect(await session.call('probe')).toBe(values.other);
    for (const branch of ['main', 'other', 'main'] as const) {
      checkOut(branches[branch]);
      expect(await session.reload()).toMatchObject({ recompiled: [], reason: expect.stringContaining('had these texts before') });
      expect(await session.call('probe')).toBe(values[branch]);
    }
  });

  it('are compiled with what others say now', async () => {
    const { session, checkOut } = await openMain();
    checkOut(branches.other);
    await session.reload();
    // The layout of one branch, and everything else of the other, which the module never had.
    checkOut({ ...branches.main, 'Model.swift': branches.other['Model.swift'] });
    await session.reload();
    expect(await session.call('probe')).toBe(41);
    checkOut({ ...branches.other, 'Model.swift': branches.main['Model.swift'] });
    await session.reload();
    expect(await session.call('probe')).toBe(102);
    checkOut(branches.main);
    expect((await session.reload()).recompiled).toEqual([]);
    expect(await session.call('probe')).toBe(values.main);
  });

  it('are found when a text has changed its body meanwhile', async () => {
    const { session, checkOut, fixture } = await openMain();
    checkOut({ 'Number.swift': 'func number() -> Int { 3 }\n' });
    await session.reload();
    checkOut(branches.other);
    await session.reload();
    checkOut({ ...branches.main, 'Number.swift': 'func number() -> Int { 3 }\n' });
    expect((await session.reload()).recompiled).toEqual([]);
    expect(await session.call('probe')).toBe(13);
    checkOut(branches.main);
    const back = await session.reload();
    expect(back.recompiled).toEqual([]);
    expect(await session.call('probe')).toBe(values.main);
    expect(fixture.path('Number.swift')).toBe(back.changed[0]);
  });
});

describe('spaces and comments', () => {
  it('compile nothing where no token is elsewhere', async () => {
    const { session, checkOut } = await openMain();
    checkOut(Object.fromEntries(Object.entries(branches.main).map(([name, text]) => [name, text.replaceAll('\n', '   // said\n\n')])));
    const result = await session.reload();
    expect(result).toMatchObject({ recompiled: [], reason: expect.stringContaining('spaces and comments') });
    expect(await session.call('probe')).toBe(values.main);
    // The next edit is compared with the texts as they are now.
    checkOut({ 'Number.swift': 'func number() -> Int { 4 } // said\n' });
    await session.reload();
    expect(await session.call('probe')).toBe(14);
  });

  it('compile what stands on another line then', async () => {
    const { session, checkOut, fixture } = await openMain();
    checkOut({ 'Number.swift': `// said\n${branches.main['Number.swift']}` });
    expect((await session.reload()).recompiled).toEqual([fixture.path('Number.swift')]);
  });
});
