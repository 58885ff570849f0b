import { readFileSync, rmSync } from 'node:fs';
import { createSession, type Session } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { full } from '../support/tier';

// SwiftPM takes seconds for each build.
jest.setTimeout(240_000);

const color = async (session: Session) => new Picture((await session.snapshot()).data).pixel(1, 1);

/** Opens a session, and tells by what phases. */
async function phasesOfOpening(file: string): Promise<string[]> {
  const phases: string[] = [];
  const session = await createSession({ file, onProgress: ({ phase }) => phases.push(phase) });
  await session.close();
  return phases;
}

/** What a session goes through while it reloads. */
async function phasesOfReload(session: Session): Promise<string[]> {
  const phases: string[] = [];
  const note = ({ phase }: { phase: string }) => phases.push(phase);
  session.on('progress', note);
  await session.reload();
  session.off('progress', note);
  return phases;
}

const asked = 'resolving the package';

const manifest = (more = '') => `// swift-tools-version: 6.0
import PackageDescription
let package = Package(name: "Cards", targets: [.target(name: "Cards"${more})])
`;

/** A plug-in that says how much red there is, its tool how much green, and a file how much blue. */
function pluginPackage(): Fixture {
  return new Fixture({
    'Package.swift': `// swift-tools-version: 6.0
import PackageDescription
let package = Package(name: "App", targets: [
  .target(name: "App", plugins: ["Generator"]),
  .executableTarget(name: "Tool"),
  .plugin(name: "Generator", capability: .buildTool(), dependencies: ["Tool"]),
])
`,
    'Plugins/Generator/Generator.swift': `import Foundation
import PackagePlugin
@main struct Generator: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appendingPathComponent("Generated.swift")
    let input = context.package.directoryURL.appendingPathComponent("Schemas/blue.txt")
    let arguments = ["11", input.path, output.path]
    return [
      .buildCommand(
        displayName: "generate", executable: try context.tool(named: "Tool").url, arguments: arguments, inputFiles: [input], outputFiles: [output])
    ]
  }
}
`,
    'Sources/Tool/main.swift': `import Foundation
let arguments = CommandLine.arguments
let blue = try String(contentsOfFile: arguments[2], encoding: .utf8)
try "let generated = \\"#\\(arguments[1])22\\(blue)\\"\\n".write(toFile: arguments[3], atomically: true, encoding: .utf8)
`,
    'Schemas/blue.txt': '33',
    'Sources/App/View.swift': colorPreview('\\(generated)', 'func green() {}\n'),
  });
}

describe('SwiftPM', () => {
  it('is asked once for a change, and not for the next edit', async () => {
    const fixture = new Fixture({ 'Package.swift': manifest(), 'Sources/Cards/Model.swift': 'func shade() -> String { "#00ff00" }\n' });
    const file = fixture.write('Sources/Cards/View.swift', colorPreview('\\(shade())'));
    const session = await openSession({ file });
    expect(await color(session)).toBe('#00ff00');
    fixture.write('Sources/Cards/Extra.swift', 'func extra() -> String { "#0000ff" }\n');
    fixture.write('Sources/Cards/Model.swift', 'func shade() -> String { extra() }\n');
    expect(await phasesOfReload(session)).toContain(asked);
    expect(await color(session)).toBe('#0000ff');
    fixture.write('Sources/Cards/Model.swift', 'func shade() -> String { "#ff0000" }\n');
    expect(await phasesOfReload(session)).not.toContain(asked);
    expect(await color(session)).toBe('#ff0000');
    expect(await phasesOfReload(session)).not.toContain(asked);
  });

  full.it('is not asked again where a variable is another that no manifest reads', async () => {
    const fixture = new Fixture({ 'Package.swift': manifest(), 'Sources/Cards/Model.swift': '' });
    const file = fixture.write('Sources/Cards/View.swift', colorPreview('#00ff00'));
    expect(await phasesOfOpening(file)).toContain(asked);
    try {
      process.env.HOTSWIFT_TEST_COLUMNS = '80';
      expect(await phasesOfOpening(file)).not.toContain(asked);
      fixture.write('Package.swift', `${manifest()}if Context.environment["HOTSWIFT_TEST_COLUMNS"] == "81" { package.name = "Others" }\n`);
      expect(await phasesOfOpening(file)).toContain(asked);
      process.env.HOTSWIFT_TEST_COLUMNS = '81';
      expect(await phasesOfOpening(file)).toContain(asked);
    } finally {
      delete process.env.HOTSWIFT_TEST_COLUMNS;
    }
  });

  full.it('may say something beside what it is asked for, which is told', async () => {
    const fixture = new Fixture({
      'Package.swift': manifest(', resources: [.copy("color.txt"), .copy("missing.txt")]'),
      'Sources/Cards/color.txt': '#00ff00',
      'Sources/Cards/notes.unknown': 'What SwiftPM knows nothing to do with',
    });
    const file = fixture.write('Sources/Cards/View.swift', colorPreview('#00ff00'));
    const phases: string[] = [];
    const opened = createSession({ file, onProgress: ({ phase }) => phases.push(phase) });
    await opened.then((session) => session.close()).catch((error) => expect(error).toMatchObject({ code: 'ERR_HOTSWIFT_PROJECT' }));
    expect(phases.join('\n')).toContain('missing.txt');
    fixture.write('Package.swift', manifest(', resources: [.copy("color.txt")]'));
    const session = await openSession({ file });
    expect(await color(session)).toBe('#00ff00');
  });

  full.it('is asked again where a plug-in, its tool or what these read is another, and not for an edit of the target', async () => {
    const fixture = pluginPackage();
    const session = await openSession({ file: fixture.path('Sources/App/View.swift'), literalEdits: false });
    expect(session.error).toBeNull();
    const swap = (file: string, former: string, text: string) =>
      fixture.write(file, readFileSync(fixture.path(file), 'utf8').replaceAll(former, text));
    const steps: [edit: () => unknown, color: string, isAsked: boolean][] = [
      [() => {}, '#112233', false],
      [() => swap('Sources/Tool/main.swift', '22', '44'), '#114433', true],
      [() => swap('Plugins/Generator/Generator.swift', '11', '55'), '#554433', true],
      [() => fixture.write('Schemas/blue.txt', '66'), '#554466', true],
      [() => swap('Sources/App/View.swift', 'green', 'lime'), '#554466', false],
      [() => {}, '#554466', false],
    ];
    for (const [edit, expected, isAsked] of steps) {
      edit();
      expect((await phasesOfReload(session)).includes(asked)).toBe(isAsked);
      expect(await color(session)).toBe(expected);
    }
    await session.close();
    swap('Plugins/Generator/Generator.swift', '55', '77');
    expect(await color(await openSession({ file: fixture.path('Sources/App/View.swift') }))).toBe('#774466');
  });

  it('builds a package whose dependency has no tests on disk, as `swift build` does', async () => {
    const fixture = new Fixture({
      'Palette/Package.swift': `// swift-tools-version: 6.0
import PackageDescription
let package = Package(name: "Palette", products: [.library(name: "Palette", targets: ["Palette"])], targets: [
  .target(name: "Palette", dependencies: ["CPalette"]), .target(name: "CPalette"), .testTarget(name: "PaletteTests", dependencies: ["Palette"])])
`,
      'Palette/Sources/CPalette/include/CPalette.h': 'int blue(void);\n',
      'Palette/Sources/CPalette/palette.c': '#include "CPalette.h"\nint blue(void) { return 255; }\n',
      'Palette/Sources/Palette/Palette.swift': 'import CPalette\npublic func accent() -> String { "#0000" + String(blue(), radix: 16) }\n',
      'Cards/Package.swift': `// swift-tools-version: 6.0
import PackageDescription
let package = Package(name: "Cards", dependencies: [.package(path: "../Palette")], targets: [
  .target(name: "Cards", dependencies: [.product(name: "Palette", package: "Palette")])])
`,
      'Cards/Sources/Cards/Model.swift': 'import Palette\nfunc shade() -> String { accent() }\n',
    });
    rmSync(fixture.path('Palette/Tests'), { recursive: true, force: true });
    const file = fixture.write('Cards/Sources/Cards/View.swift', colorPreview('\\(shade())'));
    const session = await openSession({ file });
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#0000ff');
    // A local package is watched all the same.
    fixture.write('Palette/Sources/Palette/Palette.swift', 'public func accent() -> String { "#ff0000" }\n');
    expect(await session.reload()).toMatchObject({ tier: 'module' });
    expect(await color(session)).toBe('#ff0000');
  });
});
