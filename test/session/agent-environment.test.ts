import { mkdirSync } from 'node:fs';
import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { colorPreview, openSession } from '../support/session';

const probes = `
import Foundation

@_cdecl("arguments") func arguments() -> Int32 { print(CommandLine.arguments.joined(separator: "|")); return CommandLine.argc }
@_cdecl("variables") func variables() -> Int32 {
  let all = ProcessInfo.processInfo.environment
  print(["NODE_OPTIONS", "NODE_V8_COVERAGE", "OWN"].map { all[$0] ?? "none" }.joined(separator: "|"))
  return Int32(all.keys.filter { $0.hasPrefix("HOTSWIFT_HELD") }.count)
}
@_cdecl("flood") func flood() -> Int32 {
  let line = String(repeating: "x", count: 1023)
  for _ in 0..<(32 << 10) { print(line) }
  return 32
}
`;

describe('Swift code', () => {
  const fixture = new Fixture();
  const file = fixture.write('View.swift', colorPreview('#112233', probes));
  const folder = fixture.path('elsewhere');
  mkdirSync(folder);
  const env = { NODE_OPTIONS: '--require ./not-there --inspect=127.0.0.1:1', NODE_V8_COVERAGE: fixture.path('coverage'), OWN: 'own' };
  let session: Session;
  beforeEach(async () => {
    session ??= await openSession({ file, cwd: folder, env, timeouts: { render: 20_000 } });
  });

  /** The next line that is printed. */
  function line(): Promise<string> {
    return new Promise((resolve) => {
      let text = '';
      const read = (chunk: Buffer) => {
        text += chunk;
        if (!text.includes('\n')) return;
        session.stdout.off('data', read);
        resolve(text.trimEnd());
      };
      session.stdout.on('data', read);
    });
  }

  it('has the arguments, the variables and the patience of a program of its own', async () => {
    expect(session.error).toBeNull();

    // The program's own path, and nothing of what the agent was started with.
    const [args, count] = await Promise.all([line(), session.call('arguments')]);
    expect([args, count]).toEqual([process.execPath, 1]);

    // What is meant for Node did nothing to the agent's.
    const [variables, held] = await Promise.all([line(), session.call('variables')]);
    expect([variables, held]).toEqual([`${env.NODE_OPTIONS}|${env.NODE_V8_COVERAGE}|own`, 0]);

    // Nobody reads 32 MB of lines; they are printed all the same, and the last of them are not kept.
    session.stdout.pause();
    expect(await session.call('flood')).toBe(32);
    expect(session.stdout.readableLength).toBeLessThan(9 << 20);
    let text = '';
    for (let part = session.stdout.read(); part !== null; part = session.stdout.read()) text += part;
    expect(text.length).toBeGreaterThan(7 << 20);
    expect(text).toContain('[hotswift: session.stdout holds');
    session.stdout.resume();
    const [again] = await Promise.all([line(), session.call('arguments')]);
    expect(again).toBe(process.execPath);
  });
});

it('has the host as its program in-process', async () => {
  const file = new Fixture().write(
    'View.swift',
    colorPreview(
      '#112233',
      '@_cdecl("arguments") func arguments() -> Int32 { CommandLine.arguments[0].hasPrefix("/") ? CommandLine.argc : -1 }',
    ),
  );
  const session = await openSession({ file, isolation: 'in-process' });
  expect(await session.call('arguments')).toBe(1);
});
