import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, nextEvent, openSession } from '../support/session';
import { first } from '../support/tier';

const setup = (body: string, effects = '') => `import PreviewKit

@MainActor var shade = "#ff0000"
@MainActor var runs = 0

enum Setup: PreviewSetup {
  static func setUp() ${effects} {
    runs += 1
    ${body}
  }
}

@_cdecl("setups") func setups() -> Int32 { MainActor.assumeIsolated { Int32(runs) } }
`;

const color = async (session: Awaited<ReturnType<typeof openSession>>) => new Picture((await session.snapshot()).data).pixel(0, 0);

first(1).describe.each(['process', 'in-process'] as const)('with isolation %s, what previews need is set up', (isolation) => {
  it('before the first picture, and by a file that nothing mentions', async () => {
    const fixture = new Fixture({ 'Shade.swift': '@MainActor enum Shade { static var current = "#ff0000" }\n' });
    const file = fixture.write('View.swift', colorPreview('\\(Shade.current)'));
    const other = fixture.write(
      'Setup.swift',
      `import PreviewKit
private enum Setup: PreviewSetup {
  static func setUp() async throws {
    try await Task.sleep(nanoseconds: 20_000_000)
    Shade.current = "#00ff00"
  }
}
`,
    );
    // Enough of them that only what the preview reaches is compiled at first.
    const rest = Array.from({ length: 20 }, (_, index) => fixture.write(`Rest${index}.swift`, `struct Rest${index} {}\n`));
    const module = { name: 'App', sources: [file, other, fixture.path('Shade.swift'), ...rest] };
    const session = await openSession({ file, module, isolation, literalEdits: false });
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#00ff00');
    await session.idle();
    expect(await color(session)).toBe('#00ff00');
  });

  it('and what it throws is a warning; previews are drawn without it', async () => {
    const fixture = new Fixture();
    const failing = setup('throw Problem.noFont', 'throws').replace('enum Setup', 'enum Problem: Error { case noFont }\n\nenum Setup');
    const file = fixture.write('View.swift', colorPreview('#808080'));
    const session = await openSession({ file, isolation, literalEdits: false });
    fixture.write('View.swift', colorPreview('\\(shade)', failing.replace('import PreviewKit', '')));
    const result = await session.reload();
    expect(result.diagnostics).toMatchObject([{ severity: 'warning', message: 'Setup.setUp threw noFont', line: 0 }]);
    expect(await color(session)).toBe('#ff0000');
    expect(await session.call('setups')).toBe(1);
  });
});

it('what previews need is set up in every agent, and for code that has variables of its own', async () => {
  const fixture = new Fixture();
  const view = (name: string) =>
    colorPreview('\\(shade)', `${setup('shade = "#00ff00"').replace('import PreviewKit', '')}\nlet name = "${name}"\n`);
  const file = fixture.write('View.swift', view('one'));
  const session = await openSession({ file, literalEdits: false });
  expect(await color(session)).toBe('#00ff00');
  fixture.write('View.swift', view('two'));
  await session.reload();
  expect(await session.call('setups')).toBe(1);
  expect(await color(session)).toBe('#00ff00');
  const respawned = nextEvent(session, 'respawn');
  process.kill(session.agent?.pid ?? 0, 'SIGKILL');
  await respawned;
  expect(await session.call('setups')).toBe(1);
  expect(await color(session)).toBe('#00ff00');
});
