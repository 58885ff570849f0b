import type { Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, nextEvent, openSession } from '../support/session';
import { full } from '../support/tier';

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);
const shown = '\\((5 as Any as? any CustomShade)?.shade ?? "#000000")';

describe('a conformance of a type of another module', () => {
  const tag = 'protocol CustomShade { var shade: String { get } }\n';
  const conforming = (shade: string) => `extension Int: CustomShade { var shade: String { "${shade}" } }\n`;

  it('answers a cast as it is written now, where the protocol is of this module', async () => {
    const fixture = new Fixture();
    const sources = [fixture.write('Tag.swift', tag), fixture.write('Tags.swift', conforming('#00ff00'))];
    const file = fixture.write('View.swift', colorPreview(shown));
    const session = await openSession({ file, module: { name: 'App', sources } });
    expect(await color(session)).toBe('#00ff00');
    await session.idle();
    for (const shade of ['#0000ff', '#ff00ff', '#00ff00']) {
      fixture.write('Tags.swift', conforming(shade));
      await session.reload();
      expect(await color(session)).toBe(shade);
    }
    fixture.write('Tags.swift', '// none\n');
    await session.reload();
    expect(await color(session)).toBe('#000000');
  });

  full.it('answers a cast as it is written now, where the protocol is of another module as well', async () => {
    const fixture = new Fixture();
    const error = (name: string) => `extension Int: @retroactive Error { }\nfunc name(_ value: Int) -> String { "${name}" }\n`;
    const described = (shade: string) =>
      `struct Outer { var inner = 1 }\nextension Bool: @retroactive Identifiable { public var id: String { "${shade}" } }\n`;
    const sources = [fixture.write('Bools.swift', described('#00ff00')), fixture.write('Names.swift', error('one'))];
    const cast = '\\(((true as Any as? any Identifiable)?.id as? String) ?? "#000000")';
    const file = fixture.write('View.swift', colorPreview(cast));
    const session = await openSession({ file, module: { name: 'App', sources } });
    expect(await color(session)).toBe('#00ff00');
    await session.idle();
    for (const shade of ['#0000ff', '#ff00ff', '#00ffff']) {
      const respawned = nextEvent(session, 'respawn');
      fixture.write('Bools.swift', described(shade));
      expect((await session.reload()).reason).toContain('Bools.swift');
      expect(await color(session)).toBe(shade);
      expect((await respawned)[0]).toMatchObject({ reason: 'rebase' });
    }
  });

  it('is said to be stale in-process, where nothing can be replaced', async () => {
    const fixture = new Fixture();
    const described = (shade: string) => `extension Bool: @retroactive Identifiable { public var id: String { "${shade}" } }\n`;
    const bools = fixture.write('Bools.swift', described('#00ff00'));
    const file = fixture.write('View.swift', colorPreview('\\(true.id)'));
    const session = await openSession({ file, module: { name: 'App', sources: [bools] }, isolation: 'in-process' });
    fixture.write('Bools.swift', described('#0000ff'));
    const { diagnostics } = await session.reload();
    expect(diagnostics).toMatchObject([{ severity: 'warning', file: bools }]);
    expect(await color(session)).toBe('#0000ff');
  });
});
