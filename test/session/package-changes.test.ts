import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs';
import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, nextEvent, openSession } from '../support/session';
import { full } from '../support/tier';

// SwiftPM takes seconds for each build, several of which make up a test.
jest.setTimeout(240_000);

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

const manifest = (settings = '') => `// swift-tools-version: 6.0
import PackageDescription
let package = Package(name: "Cards", targets: [
  .target(name: "Palette"),
  .target(name: "Cards", dependencies: ["Palette"]${settings}),
])
`;

/** A target with a preview, and one that it depends on. */
function cardsPackage() {
  const fixture = new Fixture({
    'Package.swift': manifest(),
    'Sources/Palette/Palette.swift': 'public func accent() -> String { "#00ff00" }\n',
    'Sources/Cards/Model.swift': 'import Palette\nfunc shade() -> String { accent() }\n',
  });
  const file = fixture.write('Sources/Cards/View.swift', colorPreview('\\(shade())'));
  return { fixture, file };
}

describe('a package that changes while a session is open', () => {
  full.it('may lose a file that held nothing but a conformance', async () => {
    const { fixture, file } = cardsPackage();
    fixture.write('Sources/Cards/Model.swift', 'protocol Tag {}\nfunc shade() -> String { 5 is any Tag ? "#00ff00" : "#0000ff" }\n');
    const tagged = fixture.write('Sources/Cards/Tagged.swift', 'extension Int: Tag {}\n');
    const session = await openSession({ file });
    expect(await color(session)).toBe('#00ff00');
    await session.idle();
    rmSync(tagged);
    expect(await session.reload()).toMatchObject({ tier: 'module', changed: [tagged] });
    expect(await color(session)).toBe('#0000ff');
  });

  it('may get, rename and lose files', async () => {
    const { fixture, file } = cardsPackage();
    const session = await openSession({ file });
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#00ff00');

    const extra = fixture.write('Sources/Cards/Extra.swift', 'func extra() -> String { "#0000ff" }\n');
    fixture.write('Sources/Cards/Model.swift', 'func shade() -> String { extra() }\n');
    expect(await session.reload()).toMatchObject({ tier: 'module', recompiled: expect.arrayContaining([extra]) });
    expect(await color(session)).toBe('#0000ff');

    const renamed = fixture.path('Sources/Cards/Renamed.swift');
    renameSync(extra, renamed);
    expect(await session.reload()).toMatchObject({ tier: 'module', changed: expect.arrayContaining([extra, renamed]) });
    expect(await color(session)).toBe('#0000ff');

    rmSync(renamed);
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });
    expect(await session.snapshot()).toMatchObject({ stale: true });
    fixture.write('Sources/Cards/Model.swift', 'import Palette\nfunc shade() -> String { accent() }\n');
    expect(await session.reload()).toMatchObject({ tier: 'module' });
    expect(await color(session)).toBe('#00ff00');

    const text = readFileSync(fixture.path('Sources/Palette/Palette.swift'), 'utf8');
    fixture.write('Sources/Palette/Palette.swift', text.replace('#00ff00', '#ff00ff'));
    expect(await session.reload()).toMatchObject({ reason: expect.stringContaining('dependencies of the package changed') });
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('is drawn again when a resource changes, by code that has not seen the old one', async () => {
    const { fixture, file } = cardsPackage();
    fixture.write('Package.swift', manifest(', resources: [.copy("color.txt")]'));
    fixture.write('Sources/Cards/color.txt', '#00ff00');
    const model =
      'import Foundation\nlet known = try! String(contentsOf: Bundle.module.url(forResource: "color", withExtension: "txt")!, encoding: .utf8)\n';
    fixture.write('Sources/Cards/Model.swift', `${model}func shade() -> String { known }\n`);
    const session = await openSession({ file, watch: true });
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#00ff00');
    const pid = session.agent?.pid;

    const reloaded = nextEvent(session, 'reload');
    fixture.write('Sources/Cards/color.txt', '#0000ff');
    const [result] = await reloaded;
    expect(result).toMatchObject({ tier: 'module', reason: 'resources of the package changed', recompiled: [], generation: 2 });
    expect(await color(session)).toBe('#0000ff');
    expect(session.agent?.pid).not.toBe(pid);
    await session.idle();
    expect(await session.reload()).toMatchObject({ tier: 'none' });

    // One that the code cannot do with, and one that it can again: no source has changed.
    const failed = nextEvent(session, 'reload-error');
    fixture.write('Sources/Cards/color.txt', Buffer.from([0xff]));
    expect((await failed)[0]).toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    expect(await session.snapshot()).toMatchObject({ stale: true });
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    const mended = nextEvent(session, 'reload');
    fixture.write('Sources/Cards/color.txt', '#ff8800');
    expect((await mended)[0]).toMatchObject({ tier: 'module', generation: 3 });
    expect(await color(session)).toBe('#ff8800');
  });

  full.it('is drawn again when a resource changes in-process, too, by code that reads it again', async () => {
    const { fixture, file } = cardsPackage();
    fixture.write('Package.swift', manifest(', resources: [.copy("color.txt")]'));
    fixture.write('Sources/Cards/color.txt', '#00ff00');
    const read = 'try! String(contentsOf: Bundle.module.url(forResource: "color", withExtension: "txt")!, encoding: .utf8)';
    fixture.write('Sources/Cards/Model.swift', `import Foundation\nfunc shade() -> String { ${read} }\n`);
    const session = await openSession({ file, watch: true, isolation: 'in-process' });
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#00ff00');
    const reloaded = nextEvent(session, 'reload');
    fixture.write('Sources/Cards/color.txt', '#0000ff');
    const [result] = await reloaded;
    expect(result).toMatchObject({ tier: 'module', reason: 'resources of the package changed' });
    expect(result.diagnostics).toEqual([expect.objectContaining({ severity: 'warning', message: expect.stringContaining('in-process') })]);
    expect(await color(session)).toBe('#0000ff');
  });

  full.it('may get and lose settings, and use another version of what it depends on', async () => {
    const { fixture, file } = cardsPackage();
    const session = await openSession({ file });
    expect(session.error).toBeNull();
    fixture.write(
      'Sources/Cards/Model.swift',
      'import Palette\nfunc shade() -> String {\n#if WARM\n"#ff8800"\n#else\naccent()\n#endif\n}\n',
    );
    fixture.write('Package.swift', manifest(', swiftSettings: [.define("WARM")]'));
    expect(await session.reload()).toMatchObject({ tier: 'module' });
    expect(await color(session)).toBe('#ff8800');

    fixture.write('Package.swift', manifest());
    fixture.write('Sources/Palette/Palette.swift', 'public func accent() -> String { "#ff00ff" }\n');
    expect(await session.reload()).toMatchObject({ tier: 'module' });
    expect(await color(session)).toBe('#ff00ff');
    fixture.write('Sources/Cards/Model.swift', 'import Palette\nfunc shade() -> String { accent().uppercased().lowercased() }\n');
    expect(await session.reload()).toMatchObject({ tier: 'structural' });
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('keeps what is compiled where another library than before has what it calls', async () => {
    const { fixture, file } = cardsPackage();
    const cacheDirectory = fixture.path('cache');
    const session = await openSession({ file, cacheDirectory });
    await session.idle();
    const accent = (color: string, attribute = '') =>
      fixture.write('Sources/Palette/Palette.swift', `${attribute}public func accent() -> String { "${color}" }\n`);
    accent('#ff00ff');
    expect(await session.reload()).toMatchObject({
      tier: 'module',
      recompiled: [],
      reason: expect.stringContaining('dependencies of the package changed'),
    });
    expect(await color(session)).toBe('#ff00ff');
    await session.idle();
    await session.close();

    const later = await openSession({ file, cacheDirectory });
    expect(await color(later)).toBe('#ff00ff');
    // Now the library's body is in the objects that call it.
    accent('#0000ff', '@_alwaysEmitIntoClient ');
    await later.reload();
    expect(await color(later)).toBe('#0000ff');
    accent('#00ffff', '@_alwaysEmitIntoClient ');
    const { recompiled } = await later.reload();
    expect(recompiled).toContain(fixture.path('Sources/Cards/Model.swift'));
    expect(await color(later)).toBe('#00ffff');
  });

  full.it('is reloaded by a save of what it depends on, and by a new file, where saves are watched', async () => {
    const { fixture, file } = cardsPackage();
    const session = await openSession({ file, watch: true });
    const reloaded = nextEvent(session, 'reload');
    fixture.write('Sources/Palette/Palette.swift', 'public func accent() -> String { "#ff00ff" }\n');
    expect((await reloaded)[0]).toMatchObject({ tier: 'module' });
    expect(await color(session)).toBe('#ff00ff');

    const again = nextEvent(session, 'reload');
    const extra = fixture.write('Sources/Cards/Extra.swift', 'func extra() -> String { "#0000ff" }\n');
    expect((await again)[0]).toMatchObject({ tier: 'module', changed: [extra] });
    const last = nextEvent(session, 'reload');
    fixture.write('Sources/Cards/Extra.swift', 'func extra() -> String { "#0000f0" }\nfunc more() {}\n');
    expect((await last)[0]).toMatchObject({ tier: 'structural', changed: [extra] });
  });

  full.it('keeps its last picture while its manifest is broken', async () => {
    const { fixture, file } = cardsPackage();
    const session = await openSession({ file });
    fixture.write('Package.swift', 'nonsense\n');
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PROJECT' });
    expect(await session.snapshot()).toMatchObject({ stale: true });
    fixture.write('Package.swift', manifest());
    fixture.write('Sources/Cards/Model.swift', 'func shade() -> String { "#123456" }\n');
    await session.reload();
    expect(await color(session)).toBe('#123456');
  });

  full.it('may be away for a while, as when another branch is checked out', async () => {
    const { fixture, file } = cardsPackage();
    const session = await openSession({ file, watch: true });
    const failed = nextEvent(session, 'reload-error');
    renameSync(fixture.path('Sources'), fixture.path('Away'));
    await failed;
    fixture.write('Away/Cards/Model.swift', 'func shade() -> String { "#0000ff" }\n');
    const back = nextEvent(session, 'reload');
    cpSync(fixture.path('Away'), fixture.path('Sources'), { recursive: true });
    await back;
    expect(await color(session)).toBe('#0000ff');
    const reloaded = nextEvent(session, 'reload');
    fixture.write('Sources/Cards/Model.swift', 'func shade() -> String { "#123456" }\n');
    await reloaded;
    expect(await color(session)).toBe('#123456');
  });
});
