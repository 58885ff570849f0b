import type { HotswiftError } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { processes } from '../support/processes';
import { colorPreview, openSession, slowToCompile } from '../support/session';
import { first, full } from '../support/tier';

describe('a source that does not compile', () => {
  first(1).it.each([
    ['a syntax error', 'func broken( {\n', { line: 10, column: 14 }],
    ['a type error', 'let wrong: Int = "text"\n', { line: 10, column: 18 }],
    ['a name that does not exist', 'let lost = nowhere + 1\n', { line: 10, column: 12 }],
  ])('is reported with its place, keeps the last picture, and its repair takes the short way: %s', async (_, mistake, place) => {
    const fixture = new Fixture({ 'Other.swift': 'func other() -> Int { 1 }\n' });
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, module: { name: 'Errors', sources: [fixture.path('Other.swift')] }, literalEdits: false });

    fixture.write('Color.swift', colorPreview('#00ff00', mistake));
    const error = await session.reload().then(
      () => undefined,
      (reason: HotswiftError) => reason,
    );
    expect(error).toMatchObject({ name: 'HotswiftError', code: 'ERR_HOTSWIFT_COMPILE' });
    expect(error?.message).toContain(`${file}:${place.line}:${place.column}: error: `);
    expect(error?.diagnostics?.[0]).toMatchObject({ severity: 'error', file, ...place, sourceLine: mistake.trimEnd() });
    expect(session.error).toBe(error);

    const stale = await session.snapshot();
    expect(stale).toMatchObject({ stale: true, generation: 1 });
    expect(new Picture(stale.data).pixel(20, 10)).toBe('#ff0000');

    fixture.write('Color.swift', colorPreview('#0000ff'));
    expect(await session.reload()).toMatchObject({ tier: 'structural', recompiled: [file], generation: 2 });
    const repaired = await session.snapshot();
    expect(repaired).toMatchObject({ stale: false, generation: 2 });
    expect(new Picture(repaired.data).pixel(20, 10)).toBe('#0000ff');
    expect(session.error).toBeNull();
  });

  it('leaves a session open that never ran, and the repair brings the first picture', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', 'this is not Swift');
    const session = await openSession({ file });
    expect(session).toMatchObject({ state: 'failed', generation: 0, error: { code: 'ERR_HOTSWIFT_COMPILE' } });
    await expect(session.snapshot()).rejects.toBe(session.error);
    await expect(session.call('anything')).rejects.toBe(session.error);

    fixture.write('Color.swift', colorPreview('#abcdef'));
    expect(await session.reload()).toMatchObject({ generation: 1 });
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#abcdef');
  });

  it('has its warnings in the result and its notes below the errors', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000', 'func unused() { let value = 1 }\n'));
    const session = await openSession({ file });
    fixture.write('Color.swift', colorPreview('#ff0000', 'func unused() { let number = 1 }\n'));
    const { diagnostics } = await session.reload();
    expect(diagnostics).toMatchObject([{ severity: 'warning', file, line: 10, message: expect.stringContaining('number') }]);

    fixture.write('Color.swift', colorPreview('#ff0000', 'func twice() {}\nfunc twice() {}\n'));
    await expect(session.reload()).rejects.toMatchObject({
      diagnostics: [{ severity: 'error', line: 11, notes: [{ severity: 'note', line: 10 }] }],
    });
  });

  full.it('in the time there is, is given up with its compiler; the last picture stays, and the repair is shown', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file, warmCompiler: false, timeouts: { compile: 3000 } });
    await session.idle();
    fixture.write('Color.swift', colorPreview('#00ff00', slowToCompile));
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'compile', ms: 3000 });
    expect(processes().filter(({ command }) => command.includes(fixture.folder))).toEqual([]);
    const snapshot = await session.snapshot();
    expect(snapshot).toMatchObject({ stale: true, generation: 1 });
    expect(new Picture(snapshot.data).pixel(20, 10)).toBe('#ff0000');

    fixture.write('Color.swift', colorPreview('#0000ff', 'let sum = 1\n'));
    expect(await session.reload()).toMatchObject({ tier: 'structural', generation: 2 });
    const repaired = await session.snapshot();
    expect(repaired.stale).toBe(false);
    expect(new Picture(repaired.data).pixel(20, 10)).toBe('#0000ff');
  });

  it('is told apart from a symbol that only the linker misses', async () => {
    const fixture = new Fixture();
    const missing = '@_silgen_name("nowhere_to_be_found") func missing() -> Int32\n@_cdecl("use") func use() -> Int32 { missing() }\n';
    const file = fixture.write('Color.swift', colorPreview('#ff0000'));
    const session = await openSession({ file });
    fixture.write('Color.swift', colorPreview('#00ff00', missing));
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_LINK', symbols: ['nowhere_to_be_found'] });
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#ff0000');
    fixture.write('Color.swift', colorPreview('#0000ff'));
    expect(await session.reload()).toMatchObject({ generation: 2 });
    expect(new Picture((await session.snapshot()).data).pixel(0, 0)).toBe('#0000ff');
  });
});
