import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { buildLibrary } from '../support/swift-objects';
import { full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

/** Where few files use an edited one, too, its functions are to be patched. */
beforeAll(() => {
  process.env.HOTSWIFT_PATCH_FROM = '0';
});
afterAll(() => {
  delete process.env.HOTSWIFT_PATCH_FROM;
});

/** The file that is edited; `Uses.swift` uses it in the library, `View.swift` does not know it. */
const theme = (shade: string, more = '') => `
protocol Shaded { var shade: String { get } }
struct Theme: Shaded { var shade: String { "${shade}" } }
class Style { func shade() -> String { "${shade}" } }
var shades: [String] = makeShades()
func makeShades() -> [String] { ["${shade}"] }
enum Constant { static let level = 255 }
${more}`;
const uses = `
final class OwnStyle: Style {}
func any() -> any Shaded { Theme() }
nonisolated(unsafe) var seen: [String] = []
func used() -> String {
  seen.append(any().shade)
  let all = [Theme().shade, any().shade, OwnStyle().shade(), shades[0], seen.joined()]
  return Set(all).count == 1 ? all[0] : "#ffffff"
}
`;

interface Opened {
  session: Session;
  fixture: Fixture;
  view: string;
}

async function open(options: { debug?: boolean; env?: Record<string, string> } = {}): Promise<Opened> {
  const fixture = new Fixture();
  const sources = [fixture.write('Theme.swift', theme('#00ff00')), fixture.write('Uses.swift', uses)];
  const view = fixture.write('View.swift', colorPreview('\\(used())'));
  const session = await openSession({ file: view, module: { name: 'App', sources, flags: ['-swift-version', '5'] }, ...options });
  expect(session.error).toBeNull();
  expect(await color(session)).toBe('#00ff00');
  await session.idle();
  return { session, fixture, view };
}

async function killAgent(session: Session): Promise<void> {
  const crashed = nextEvent(session, 'crash');
  process.kill(session.agent?.pid ?? 0, 'SIGKILL');
  await crashed;
}

describe('functions of a library that are patched', () => {
  it('do what the file says now, wherever they are called from, and nothing else is linked', async () => {
    const { session, fixture, view } = await open();
    for (const shade of ['#0000ff', '#ff00ff', '#00ff00', '#0000ff']) {
      const file = fixture.write('Theme.swift', theme(shade));
      const { relinked, recompiled } = await session.reload();
      expect(await color(session)).toBe(shade);
      // The first text is that of the library.
      expect(relinked).toEqual(shade === '#00ff00' ? [view] : [view, file]);
      expect(recompiled.length).toBeLessThanOrEqual(1);
      await session.idle();
    }
  });

  it('belong to an agent of their own, in which nothing was computed with the old ones', async () => {
    const { session, fixture } = await open();
    const before = session.agent;
    const respawned = nextEvent(session, 'respawn');
    fixture.write('Theme.swift', theme('#0000ff'));
    expect((await session.reload()).reason).toContain('the new functions of Theme.swift take the place of the old');
    expect(await color(session)).toBe('#0000ff');
    expect((await respawned)[0]).toEqual({ reason: 'rebase', oldPid: before?.pid, newPid: session.agent?.pid });
  });

  full.it('stay while other files are edited', async () => {
    const { session, fixture, view } = await open();
    const file = fixture.write('Theme.swift', theme('#0000ff'));
    await session.reload();
    const { agent } = session;
    fixture.write('View.swift', colorPreview('\\(used() == "#0000ff" ? "#ff00ff" : used())'));
    // Drawn once more in the same process, what the library remembers is there.
    expect(await session.reload()).toMatchObject({ relinked: [view, file] });
    expect(session.agent?.pid).toBe(agent?.pid);
    expect(await color(session)).toBe('#ffffff');
  });

  full.it('change with an interface, and with a layout, like everything else', async () => {
    const { session, fixture } = await open();
    fixture.write('Theme.swift', theme('#0000ff', 'func fresh() -> String { "#0000ff" }'));
    fixture.write('Uses.swift', uses.replace('let all = [', 'let all = [fresh(), '));
    await session.reload();
    expect(await color(session)).toBe('#0000ff');
    fixture.write(
      'Theme.swift',
      theme('#ff00ff', 'func fresh() -> String { Theme().own }').replace('Theme: Shaded {', 'Theme: Shaded { var own = "#ff00ff";'),
    );
    await session.reload();
    expect(await color(session)).toBe('#ff00ff');
    fixture.write('Theme.swift', theme('#00ffff', 'func fresh() -> String { "#00ffff" }'));
    await session.reload();
    expect(await color(session)).toBe('#00ffff');
  });

  full.it('are patched again in the agent that follows one that crashed', async () => {
    const { session, fixture } = await open();
    fixture.write('Theme.swift', theme('#0000ff'));
    await session.reload();
    await killAgent(session);
    expect(await color(session)).toBe('#0000ff');
  });

  it('leave the agent that ran before alone if the new ones crash', async () => {
    const { session, fixture } = await open();
    const before = session.agent;
    fixture.write('Theme.swift', theme('\\([Int]()[7])'));
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_CRASH' });
    expect(session.agent?.pid).toBe(before?.pid);
    expect(await session.snapshot()).toMatchObject({ stale: true });
    fixture.write('Theme.swift', theme('#ff00ff'));
    await session.reload();
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('follow a declaration that moves from one file to another', async () => {
    const moved = (shade: string) => `func moved() -> String { "${shade}" }\nvar movedValue = moved()\n`;
    const fixture = new Fixture();
    const sources = [
      fixture.write('Theme.swift', theme('#00ff00', moved('#00ff00'))),
      fixture.write('Uses.swift', uses),
      fixture.write('Third.swift', 'func third() -> String { used() == "#00ff00" && moved() == movedValue ? moved() : "#ffffff" }\n'),
    ];
    const view = fixture.write('View.swift', colorPreview('\\(third())'));
    const session = await openSession({ file: view, module: { name: 'App', sources, flags: ['-swift-version', '5'] } });
    await session.idle();
    fixture.write('Theme.swift', theme('#00ff00'));
    for (const shade of ['#00ff00', '#0000ff', '#ff00ff']) {
      fixture.write('Uses.swift', uses + moved(shade));
      await session.reload();
      expect(await color(session)).toBe(shade);
    }
    fixture.write('Uses.swift', uses);
    fixture.write('Theme.swift', theme('#00ff00', moved('#00ffff')));
    await session.reload();
    expect(await color(session)).toBe('#00ffff');
  });

  full.it('can be called by name where they are new', async () => {
    const { session, fixture } = await open();
    for (const answer of [41, 42]) {
      fixture.write('Theme.swift', theme('#0000ff', `@_cdecl("answer") func answer() -> Int32 { ${answer} }`));
      await session.reload();
      expect(await session.call('answer')).toBe(answer);
    }
  });

  full.it('are not mixed up with those of an agent that came up while they were compiled', async () => {
    const { session, fixture } = await open();
    fixture.write('Theme.swift', theme('#0000ff'));
    await session.reload();
    await killAgent(session);
    fixture.write('Theme.swift', theme('#ff00ff'));
    const [, snapshot] = await Promise.all([session.reload(), session.snapshot()]);
    expect(['#0000ff', '#ff00ff']).toContain(new Picture(snapshot.data).pixel(1, 1));
    expect(await color(session)).toBe('#ff00ff');
  });

  full.it('are linked with all that uses them for a debugger, which would look for the old ones', async () => {
    const { session, fixture } = await open({ debug: true });
    fixture.write('Theme.swift', theme('#0000ff'));
    expect((await session.reload()).relinked).toContain(fixture.path('Uses.swift'));
    expect(await color(session)).toBe('#0000ff');
  });

  full.it('are linked with all that uses them where a library cannot be changed', async () => {
    const fixture = new Fixture({
      'refuse.c': `
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <string.h>
        #include <sys/mman.h>
        /* As a system does that lets no code be changed. */
        int mprotect(void *address, size_t length, int protection) {
          Dl_info found;
          if (protection == (PROT_READ | PROT_WRITE) && dladdr(address, &found) && strstr(found.dli_fname, "libApp-")) { errno = EACCES; return -1; }
          return ((int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "mprotect"))(address, length, protection);
        }`,
    });
    const { session, fixture: module } = await open({ env: { LD_PRELOAD: buildLibrary(fixture, ['refuse.c'], 'refuse.so') } });
    const events = recordEvents(session, 'crash', 'reload-error');
    for (const shade of ['#0000ff', '#ff00ff']) {
      module.write('Theme.swift', theme(shade));
      const { relinked } = await session.reload();
      expect(relinked).toContain(module.path('Uses.swift'));
      expect(await color(session)).toBe(shade);
    }
    expect(events).toEqual([]);
  });
});

describe('a conformance of a type of another module to a protocol of another module', () => {
  it('answers a cast with its new functions, without another library', async () => {
    const fixture = new Fixture();
    const described = (shade: string) => `extension Bool: @retroactive Identifiable { public var id: String { "${shade}" } }\n`;
    const sources = [fixture.write('Bools.swift', described('#00ff00'))];
    const file = fixture.write('View.swift', colorPreview('\\(((true as Any as? any Identifiable)?.id as? String) ?? "#000000")'));
    const session = await openSession({ file, module: { name: 'App', sources } });
    await session.idle();
    const phases: string[] = [];
    session.on('progress', ({ phase }) => phases.push(phase));
    for (const shade of ['#0000ff', '#ff00ff']) {
      fixture.write('Bools.swift', described(shade));
      expect((await session.reload()).reason).toContain('the new functions of Bools.swift');
      expect(await color(session)).toBe(shade);
    }
    expect(phases).not.toContain('linking the stable library');
  });
});
