import { cpSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { full } from '../support/tier';

describe('a watched session', () => {
  it('turns a save of the demo’s view into a new picture, in the same agent', async () => {
    const fixture = new Fixture();
    cpSync(path.join(__dirname, '../../examples/weather-card/Sources/WeatherCard'), fixture.folder, { recursive: true });
    const view = fixture.path('WeatherCardView.swift');
    const sources = readdirSync(fixture.folder).map((name) => fixture.path(name));
    const module = { name: 'WeatherCard', sources, flags: ['-swift-version', '6'] };
    const session = await openSession({ file: view, module, watch: true, literalEdits: false });
    const before = await session.snapshot();
    const agent = session.agent;
    expect(new Picture(before.data).count('#ffe08a')).toBeGreaterThan(50);

    const reloaded = nextEvent(session, 'reload');
    fixture.write('WeatherCardView.swift', readFileSync(view, 'utf8').replace('tint: 0xFFE08A', 'tint: 0xFF0000'));
    const [result] = await reloaded;
    const after = await session.snapshot();

    expect(result).toMatchObject({ tier: 'structural', strategy: 'same-module', changed: [view], recompiled: [view], generation: 2 });
    expect(result.relinked).toContain(view);
    const picture = new Picture(after.data);
    expect([picture.width, picture.height]).toEqual([320, 200]);
    expect(picture.count('#ff0000')).toBeGreaterThan(50);
    expect(picture.count('#ffe08a')).toBe(0);
    expect(after).toMatchObject({ generation: 2, stale: false, preview: { name: 'Light', index: 0 } });
    expect(session.agent?.pid).toBe(agent?.pid);
    expect(session.agent?.generations).toBe(2);
  });

  it('sees saves that replace the file, one after the other', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, watch: true });
    for (const color of ['#00ff00', '#0000ff', '#123456']) {
      const reloaded = nextEvent(session, 'reload');
      renameSync(fixture.write('Color.swift.tmp', colorPreview(color)), file);
      await reloaded;
      expect(new Picture((await session.snapshot()).data).pixel(20, 10)).toBe(color);
    }
    expect(session.generation).toBe(4);
  });

  full.it('sees saves that move the old file away before they write the new one', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, watch: true });
    const events = recordEvents(session, 'reload', 'reload-error');
    for (const color of ['#00ff00', '#0000ff']) {
      const reloaded = nextEvent(session, 'reload');
      renameSync(file, fixture.path('Color.swift~'));
      await new Promise((resolve) => setTimeout(resolve, 10));
      fixture.write('Color.swift', colorPreview(color));
      await reloaded;
      expect(new Picture((await session.snapshot()).data).pixel(20, 10)).toBe(color);
    }
    expect(events.map(([name]) => name)).toEqual(['reload', 'reload']);
  });

  full.it('says that a source is gone, and goes on when it is back', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, watch: true });
    const failed = nextEvent(session, 'reload-error');
    rmSync(file);
    expect(await failed).toMatchObject([{ code: 'ERR_HOTSWIFT_PROJECT', message: expect.stringContaining(file) }]);
    expect(await session.snapshot()).toMatchObject({ stale: true });
    const reloaded = nextEvent(session, 'reload');
    fixture.write('Color.swift', colorPreview('#00ff00'));
    await reloaded;
    expect(new Picture((await session.snapshot()).data).pixel(20, 10)).toBe('#00ff00');
  });

  it('goes on when the folder, and the one around it, are removed and made again', async () => {
    const fixture = new Fixture({ 'App/Sources/Color.swift': colorPreview('#ff0000') });
    const session = await openSession({ file: fixture.path('App/Sources/Color.swift'), watch: true });
    for (const [gone, color] of [
      ['App/Sources', '#00ff00'],
      ['App', '#0000ff'],
    ]) {
      const failed = nextEvent(session, 'reload-error');
      rmSync(fixture.path(gone), { recursive: true });
      expect(await failed).toMatchObject([{ code: 'ERR_HOTSWIFT_PROJECT' }]);
      for (const next of [color, '#123456']) {
        const reloaded = nextEvent(session, 'reload');
        fixture.write('App/Sources/Color.swift', colorPreview(next));
        await reloaded;
        expect(new Picture((await session.snapshot()).data).pixel(20, 10)).toBe(next);
      }
    }
  });

  full.it('goes on when another folder takes the place of the one that was watched', async () => {
    const fixture = new Fixture({ 'Sources/Color.swift': colorPreview('#ff0000'), 'Other/Color.swift': colorPreview('#00ff00') });
    const session = await openSession({ file: fixture.path('Sources/Color.swift'), watch: true });
    const replaced = nextEvent(session, 'reload');
    renameSync(fixture.path('Sources'), fixture.path('Former'));
    renameSync(fixture.path('Other'), fixture.path('Sources'));
    await replaced;
    expect(new Picture((await session.snapshot()).data).pixel(20, 10)).toBe('#00ff00');
    const reloaded = nextEvent(session, 'reload');
    fixture.write('Sources/Color.swift', colorPreview('#0000ff'));
    await reloaded;
    expect(new Picture((await session.snapshot()).data).pixel(20, 10)).toBe('#0000ff');
  });

  full.it('closes while it waits for a folder', async () => {
    const fixture = new Fixture({ 'App/Sources/Color.swift': colorPreview('#ff0000') });
    const session = await openSession({ file: fixture.path('App/Sources/Color.swift'), watch: true });
    const failed = nextEvent(session, 'reload-error');
    rmSync(fixture.path('App'), { recursive: true });
    await failed;
    await session.close();
    expect(session.state).toBe('closed');
  });

  it('reports a save that does not compile, once, and recovers with the next', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, watch: true });

    const failed = nextEvent(session, 'reload-error');
    fixture.write('Color.swift', colorPreview('#00ff00', 'let broken: Int = "text"\n'));
    const [error] = await failed;
    expect(error).toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE', diagnostics: [{ file, line: 10, severity: 'error' }] });
    expect(session.state).toBe('failed');
    expect(await session.snapshot()).toMatchObject({ stale: true, generation: 1 });

    const reloaded = nextEvent(session, 'reload');
    fixture.write('Color.swift', colorPreview('#00ff00'));
    await reloaded;
    expect(session.state).toBe('ready');
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#00ff00');
  });
});
