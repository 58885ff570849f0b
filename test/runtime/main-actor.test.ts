import type { HotswiftError } from '../../lib/index.js';
import { inChild } from '../support/child';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { first } from '../support/tier';
import { isolations } from './support/stage';

/** Every way in which Swift code is entered, each of which needs the main actor where it stands. */
const entries = `import Dispatch
import Foundation
import PreviewKit

@MainActor func assumed(_ color: String) -> String {
  dispatchPrecondition(condition: .onQueue(.main))
  return Thread.isMainThread ? color : "#ff0000"
}
nonisolated func synchronously(_ color: String) -> String { MainActor.assumeIsolated { assumed(color) } }
func svg(_ color: String) -> SVG {
  SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4' fill='\\(color)'/></svg>")
}
let global = synchronously("#00ff00")

@_cdecl("entry") func entry() -> Int32 { synchronously("green") == "green" ? 1 : 0 }

struct Entry_Previews: PreviewProvider {
  static var previews: [Preview] {
    let listed = synchronously("#00fe00")
    return [
      Preview("Global") { svg(global) },
      Preview("List") { svg(listed) },
      Preview("Closure") { svg(synchronously("#00fd00")) },
      Preview("Suspending") {
        let color = await Task.detached { await assumed("#00fc00") }.value
        return svg(synchronously(color))
      },
      Preview("Throwing") { () async throws -> SVG in
        try await Task.sleep(for: .milliseconds(1))
        throw CancellationError()
      },
    ]
  }
}
`;

describe('code that needs the main actor', () => {
  first(1).it.each(isolations)('has it wherever it is entered, with isolation %s', async (isolation) => {
    const file = new Fixture().write('Entries.swift', entries);
    const answers = await inChild(
      async (_, { library, file, isolation }) => {
        const session = await require(library).createSession({ file, isolation });
        const pictures = [];
        for (const preview of [0, 1, 2, 3]) pictures.push((await session.snapshot({ preview })).data.toString('base64'));
        const failure = await session.snapshot({ preview: 4 }).catch(({ code, message }: HotswiftError) => ({ code, message }));
        const entry = await session.call('entry');
        await session.close();
        return { pictures, failure, entry };
      },
      { library: require.resolve('../../lib/index.js'), file, isolation },
    );
    expect(answers.pictures.map((data: string) => new Picture(Buffer.from(data, 'base64')).pixel(1, 1))).toEqual([
      '#00ff00',
      '#00fe00',
      '#00fd00',
      '#00fc00',
    ]);
    expect(answers.failure).toEqual({ code: 'ERR_HOTSWIFT_PREVIEW', message: expect.stringContaining('CancellationError()') });
    expect(answers.entry).toBe(1);
  });

  it('and is waited for by a blocked main thread never gets it: that is a timeout, and the session goes on', async () => {
    const blocked = `
import Dispatch
@_cdecl("blocked") func blocked() -> Int32 {
  let done = DispatchSemaphore(value: 0)
  Task { @MainActor in done.signal() }
  done.wait()
  return 1
}
`;
    const file = new Fixture().write('Blocked.swift', colorPreview('#0000ff', blocked));
    const session = await openSession({ file, timeouts: { render: 500 } });
    await expect(session.call('blocked')).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'render', ms: 500 });
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#0000ff');
  });

  const forever = colorPreview('#00ff00').replace(
    'Preview("Color"',
    `Preview("Forever") { () async -> SVG in await withUnsafeContinuation { (_: UnsafeContinuation<SVG, Never>) in } }
    Preview("Color"`,
  );

  first(1).it.each(isolations)('and never comes back from a preview is a timeout as well, with isolation %s', async (isolation) => {
    const file = new Fixture().write('Forever.swift', colorPreview('#0000ff'));
    const told = await inChild(
      async (_, { library, file, isolation, texts }) => {
        const { writeFileSync } = require('node:fs');
        const session = await require(library).createSession({ file, isolation, timeouts: { render: 500 } });
        writeFileSync(file, texts[0]);
        const failure = await session.reload().catch(({ code, phase, ms }: HotswiftError) => ({ code, phase, ms }));
        const { stale } = await session.snapshot();
        writeFileSync(file, texts[1]);
        await session.reload();
        const picture = (await session.snapshot()).data.toString('base64');
        await session.close();
        return { failure, stale, picture };
      },
      { library: require.resolve('../../lib/index.js'), file, isolation, texts: [forever, colorPreview('#00ff00')] },
    );
    expect(told.failure).toEqual({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'render', ms: 500 });
    expect(told.stale).toBe(true);
    expect(new Picture(Buffer.from(told.picture, 'base64')).pixel(1, 1)).toBe('#00ff00');
  });

  first(1).it.each(isolations)('does not keep a session from being closed, with isolation %s', async (isolation) => {
    const file = new Fixture().write('Forever.swift', forever);
    const told = await inChild(
      async (_, { library, file, isolation }) => {
        const { createSession } = require(library);
        const abort = new AbortController();
        const start = createSession({ file, isolation, signal: abort.signal }).catch((error: Error) => error.name);
        const session = await createSession({ file, isolation, preview: 'Color' });
        const snapshot = session.snapshot({ preview: 'Forever' }).catch(({ code }: HotswiftError) => code);
        await session.close();
        abort.abort();
        return { snapshot: await snapshot, start: await start };
      },
      { library: require.resolve('../../lib/index.js'), file, isolation },
    );
    expect(told).toEqual({ snapshot: 'ERR_HOTSWIFT_CLOSED', start: 'AbortError' });
  });
});
