import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import type { Session } from '../../lib/index.js';
import { Fixture, swiftc, toolEnvironment } from '../support/fixture';
import { Picture } from '../support/picture';
import { openSession } from '../support/session';

// Compiles PreviewKit with the stand-in.
jest.setTimeout(120_000);

/** A file as Xcode makes it: PreviewKit is not mentioned. */
const swatches = `import SwiftUI

struct Swatch: View {
  @Environment(\\.colorScheme) private var scheme
  @Environment(\\.locale) private var locale
  @Environment(\\.layoutDirection) private var direction
  @Environment(\\.dynamicTypeSize) private var size

  var body: some View {
    Color(
      red: scheme == .dark ? 0.2 : 1, green: locale.identifier.hasPrefix("de") ? 0.4 : direction == .rightToLeft ? 0.6 : 0,
      blue: Double(size.rawValue) / 51
    ).frame(width: 12, height: 8)
  }
}

struct Swatch_Previews: PreviewProvider {
  static var previews: some View { Swatch() }
}

#Preview("Green", width: 30, height: 10) {
  Color(red: 0, green: 0.6, blue: 0.2)
}

#Preview { Color(red: 1, green: 1, blue: 0).frame(width: 0) }
`;

/** A compiler that finds a module SwiftUI. */
function swiftcWithSwiftUI(): { swiftc: string; folder: string } {
  const fixture = new Fixture({}, 'a stand-in');
  const source = path.join(__dirname, '..', 'support', 'swiftui', 'SwiftUI.swift');
  const args = [
    '-emit-library',
    '-emit-module',
    '-module-name',
    'SwiftUI',
    '-module-link-name',
    'SwiftUI',
    '-parse-as-library',
    '-suppress-warnings',
  ];
  execFileSync(swiftc, [...args, '-enable-library-evolution', '-swift-version', '5', source], {
    cwd: fixture.folder,
    env: toolEnvironment,
  });
  const { folder } = fixture;
  const compiler = fixture.write(
    'swiftc',
    `#!/bin/sh\nexec '${swiftc}' "$@" -I '${folder}' -L '${folder}' -Xlinker -rpath -Xlinker '${folder}'\n`,
  );
  chmodSync(compiler, 0o755);
  return { swiftc: compiler, folder };
}

describe('where there is SwiftUI (a stand-in for it)', () => {
  let toolchain: ReturnType<typeof swiftcWithSwiftUI>;
  beforeAll(() => {
    toolchain = swiftcWithSwiftUI();
  });
  const cacheDirectory = new Fixture({}, 'cache').folder;
  const open = (file: string) =>
    openSession({
      file,
      cacheDirectory,
      toolchain: { swiftc: toolchain.swiftc },
      module: { name: 'Swatches', sources: [], libraryPaths: [toolchain.folder] },
    });
  const picture = async (session: Session, options: Parameters<Session['snapshot']>[0]) => {
    const { data } = await session.snapshot(options);
    return new Picture(data);
  };

  it('previews of views are found and drawn, with their traits, in a file that does not import PreviewKit', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Swatches.swift', swatches);
    const session = await open(file);
    expect(session.error).toBeNull();
    expect(await session.previews()).toEqual([
      { index: 0, name: 'Swatch_Previews', line: 0 },
      { index: 1, name: 'Green', line: 21, width: 30, height: 10 },
      { index: 2, name: 'Preview', line: 25 },
    ]);

    const usual = await picture(session, {});
    expect([usual.width, usual.height, usual.pixel(11, 7)]).toEqual([12, 8, '#ff000f']);
    const traits = { colorScheme: 'dark', locale: 'de-DE', textScale: 2 } as const;
    const large = await picture(session, { scale: 2, traits });
    expect([large.width, large.height, large.pixel(23, 15)]).toEqual([24, 16, '#336628']);
    const odd = await picture(session, { scale: 1.25, traits });
    expect([odd.width, odd.height, odd.pixel(14, 9)]).toEqual([15, 10, '#336628']);
    expect((await picture(session, { traits: { layoutDirection: 'rightToLeft' } })).pixel(0, 0)).toBe('#ff990f');
    const green = await picture(session, { preview: 'Green', scale: 1.5 });
    expect([green.width, green.height, green.pixel(44, 14)]).toEqual([45, 15, '#009933']);
    await expect(session.snapshot({ preview: 2 })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PREVIEW',
      message: expect.stringContaining('SwiftUI has drawn no picture of the view'),
    });

    fixture.write('Swatches.swift', swatches.replace('dark ? 0.2 : 1', 'dark ? 0.2 : 0'));
    expect(await session.reload()).toMatchObject({ generation: 2 });
    expect((await picture(session, {})).pixel(0, 0)).toBe('#00000f');
  });

  it('a file may import both, and says which of the names it means', async () => {
    const file = new Fixture().write(
      'Both.swift',
      `import PreviewKit
import SwiftUI

struct Both_Previews: PreviewKit.PreviewProvider {
  static var previews: [PreviewKit.Preview] {
    PreviewKit.Preview("Vector") { SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4' fill='#123456'/></svg>") }
    PreviewKit.Preview("View", width: 4, height: 4) { Custom() }
  }
}

#Preview("Macro", width: 4, height: 4) { Custom() }

struct Custom: View {
  @Environment(\\.previewTraits) private var traits

  var body: some View { Color(red: traits["tint"] == "red" ? 1 : 0, green: 0, blue: 1) }
}
`,
    );
    const session = await open(file);
    expect(session.error).toBeNull();
    const color = async (preview: string) => (await picture(session, { preview, traits: { tint: 'red' } })).pixel(2, 2);
    expect([await color('Vector'), await color('View'), await color('Macro')]).toEqual(['#123456', '#ff00ff', '#ff00ff']);
  });
});
