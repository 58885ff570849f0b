import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Session } from '../../lib/index.js';
import { Fixture, swiftc, toolEnvironment } from '../support/fixture';
import { openSession } from '../support/session';

const probe = '@_cdecl("probe") public func probe() -> Int32 { Int32(value()) }\n';

/** A C module of a header, in a folder of its own. */
function headerModule(text: string) {
  const fixture = new Fixture({
    'include/Part.h': text,
    'include/module.modulemap': 'module Part { header "Part.h" }\n',
    'Probe.swift': probe,
  });
  const sources = [
    fixture.write('Model.swift', 'import Part\nfunc size() -> Int { MemoryLayout<Part>.size }\n'),
    fixture.write('Other.swift', 'import Part\nfunc value() -> Int { size() * 100 + MemoryLayout<Part>.size + Int(partNumber()) }\n'),
  ];
  const flags = ['-I', fixture.path('include')];
  return { fixture, options: { file: fixture.path('Probe.swift'), module: { name: 'App', sources, flags } } };
}

const header = (fields: string, number: number) =>
  `typedef struct { ${fields} } Part;\nstatic inline int partNumber(void) { return ${number}; }\n`;

describe('a header that is another now', () => {
  it('is seen by all that was made with it, in a process that knows nothing of the old one', async () => {
    const { fixture, options } = headerModule(header('int a, b;', 1));
    const session = await openSession(options);
    expect(await session.call('probe')).toBe(809);
    const file = fixture.write('include/Part.h', header('int c[10];', 2));
    const result = await session.reload();
    expect(result).toMatchObject({ tier: 'module', changed: [file], reason: expect.stringContaining('Part.h changed') });
    expect(await session.call('probe')).toBe(4042);
    expect(await session.reload()).toMatchObject({ tier: 'none' });
    await session.idle();
    await session.close();
    const later = await openSession(options);
    expect(await later.call('probe')).toBe(4042);
  });

  it('is an error that is gone when it is mended', async () => {
    const { fixture, options } = headerModule(header('int a, b;', 1));
    const session = await openSession(options);
    fixture.write('include/Part.h', header('unknown a;', 1));
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });
    expect(await session.call('probe')).toBe(809);
    fixture.write('include/Part.h', header('int a;', 3));
    await session.reload();
    expect(await session.call('probe')).toBe(407);
  });

  it('is said to be there where its process cannot be replaced', async () => {
    const { fixture, options } = headerModule(header('int a, b;', 1));
    const session = await openSession({ ...options, isolation: 'in-process' });
    const file = fixture.write('include/Part.h', header('int a, b;', 2));
    const { diagnostics } = await session.reload();
    expect(diagnostics).toEqual([expect.objectContaining({ severity: 'warning', file })]);
    expect(await session.call('probe')).toBe(810);
  });
});

/** Makes `Kit.swiftmodule` and `libKit.so` in the folder `kit`. */
function buildKit(fixture: Fixture, text: string): void {
  const source = fixture.write('kit/Kit.swift', text);
  const args = ['-emit-library', '-emit-module', '-module-name', 'Kit', source, '-o', fixture.path('kit/libKit.so')];
  execFileSync(swiftc, [...args, '-emit-module-path', fixture.path('kit/Kit.swiftmodule')], { env: toolEnvironment, cwd: fixture.folder });
}

it('a module and its library that were built again are what runs', async () => {
  const fixture = new Fixture({ 'Probe.swift': probe });
  buildKit(fixture, 'public struct Kit { public var a = 1; public init() {} }\npublic func number() -> Int { 5 }\n');
  const sources = [fixture.write('Value.swift', 'import Kit\nfunc value() -> Int { MemoryLayout<Kit>.size * 10 + number() }\n')];
  const folder = path.dirname(fixture.path('kit/Kit.swift'));
  const module = { name: 'App', sources, importPaths: [folder], libraryPaths: [folder], libraries: ['Kit'] };
  const session: Session = await openSession({ file: fixture.path('Probe.swift'), module });
  expect(await session.call('probe')).toBe(85);
  buildKit(fixture, 'public struct Kit { public var a = 1, b = 2; public init() {} }\npublic func number() -> Int { 6 }\n');
  expect(await session.reload()).toMatchObject({ tier: 'module', reason: expect.stringContaining('Kit') });
  expect(await session.call('probe')).toBe(166);
});
