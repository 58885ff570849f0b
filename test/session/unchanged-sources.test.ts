import { readFileSync, renameSync, utimesSync } from 'node:fs';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, nextEvent, openSession, recordEvents } from '../support/session';
import { full } from '../support/tier';

describe('saves that change nothing', () => {
  it('are no reload: written again, touched, replaced by the same content', async () => {
    const fixture = new Fixture();
    const text = colorPreview('#ff0000');
    const file = fixture.write('Color.swift', text);
    const session = await openSession({ file, watch: true });
    const events = recordEvents(session, 'reload', 'reload-error');
    const before = await session.snapshot();

    const unchanged = { tier: 'none', changed: [], recompiled: [], relinked: [], generation: 1 };
    fixture.write('Color.swift', text);
    expect(await session.reload()).toMatchObject(unchanged);
    utimesSync(file, new Date(), new Date());
    expect(await session.reload()).toMatchObject(unchanged);
    renameSync(fixture.write('Color.swift.tmp', text), file);
    expect(await session.reload()).toMatchObject(unchanged);

    // A save that does change something comes last: whatever the others caused would have come before it.
    const reloaded = nextEvent(session, 'reload');
    fixture.write('Color.swift', colorPreview('#0000ff'));
    await reloaded;
    expect(events).toHaveLength(1);
    expect(session.generation).toBe(2);
    expect(session.agent?.generations).toBe(1);
    expect(new Picture(before.data).pixel(5, 5)).toBe('#ff0000');
    expect(new Picture((await session.snapshot()).data).pixel(5, 5)).toBe('#0000ff');
  });

  full.it('are no reload when an edit is taken back before it compiled', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    await expect(session.reload({ contents: { [file]: 'not Swift' } })).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });
    expect(session.state).toBe('failed');
    expect(await session.reload()).toMatchObject({ tier: 'none', generation: 1 });
    expect(session.state).toBe('ready');
    expect(await session.snapshot()).toMatchObject({ stale: false });
  });
});

describe('edits of comments and white space', () => {
  it('compile, draw the same, and leave the lines of diagnostics true', async () => {
    const fixture = new Fixture();
    const text = colorPreview('#ff0000', 'func half(of value: Int) -> Int { value / 2 }\n');
    const file = fixture.write('Color.swift', text);
    const session = await openSession({ file });

    fixture.write('Color.swift', `// A comment.\n\n\n${text}`);
    expect(await session.reload()).toMatchObject({ tier: 'structural', generation: 2 });
    expect(new Picture((await session.snapshot()).data).pixel(5, 5)).toBe('#ff0000');
    expect(await session.previews()).toMatchObject([{ line: 8 }]);

    fixture.write('Color.swift', readFileSync(file, 'utf8').replace('value / 2', 'value / "2"'));
    await expect(session.reload()).rejects.toMatchObject({ diagnostics: [{ file, line: 13, column: 43 }] });
  });
});
