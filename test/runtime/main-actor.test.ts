import type { HotswiftError } from '../../lib/index.js';
import { inChild } from '../support/child';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';

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
  it.each(['process', 'in-process'] as const)('has it wherever it is entered, with isolation %s', async (isolation) => {
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

  it('and never comes back from a preview is a timeout as well', async () => {
    const forever = colorPreview('#00ff00').replace(
      'Preview("Color"',
      `Preview("Forever") { () async -> SVG in
      await withUnsafeContinuation { (_: UnsafeContinuation<SVG, Never>) in } }
    Preview("Color"`,
    );
    const fixture = new Fixture();
    const file = fixture.write('Forever.swift', colorPreview('#0000ff'));
    const session = await openSession({ file, timeouts: { render: 500 } });
    fixture.write('Forever.swift', forever);
    await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_TIMEOUT', phase: 'render', ms: 500 });
    expect(await session.snapshot()).toMatchObject({ stale: true });
    fixture.write('Forever.swift', colorPreview('#00ff00'));
    await session.reload();
    expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#00ff00');
  });
});
