import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { providePreviewKit } from '../../lib/compile/preview-kit.js';
import { createSession, type Session } from '../../lib/index.js';
import { CacheLeases } from '../../lib/project/cache-lease.js';
import { describePackage } from '../../lib/project/swift-package.js';
import { findToolchain } from '../../lib/project/toolchain.js';
import { Fixture, toolEnvironment } from '../support/fixture';
import { Picture } from '../support/picture';
import { linkPreviewKit } from '../support/preview-kit';
import { processes } from '../support/processes';
import { colorPreview, openSession, sharedSession } from '../support/session';
import { inTemporaryFolder } from '../support/temporary-folder';
import { full } from '../support/tier';

// SwiftPM takes seconds for each build, several of which make up a test.
jest.setTimeout(240_000);

const previewKit = path.join(__dirname, '..', '..', 'swift', 'PreviewKit');
const cache = cacheForPackages();

/** A cache directory of the tests' own, but for PreviewKit. */
function cacheForPackages(): Fixture {
  const fixture = new Fixture({}, 'cache');
  linkPreviewKit(fixture.folder);
  return fixture;
}

const open = (file: string) => openSession({ file, cacheDirectory: cache.folder });
const color = async (session: Session, preview: number | string = 0) => new Picture((await session.snapshot({ preview })).data).pixel(1, 1);

function manifest(text: string): string {
  return `// swift-tools-version: 6.0\nimport PackageDescription\n${text}`;
}

/** A Swift file with a preview for each expression, filled with the colour that it gives. */
function previews(imports: string, colors: Record<string, string>): string {
  const each = Object.entries(colors).map(
    ([name, expression]) =>
      `Preview("${name}", width: 4, height: 4) { SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4' fill='\\(${expression})'/></svg>") }`,
  );
  return `import PreviewKit
${imports}
struct All_Previews: PreviewProvider { static var previews: [Preview] {
  ${each.join('\n  ')}
} }
`;
}

/** One package for most tests, so that SwiftPM builds little: a library that depends on everything, an executable, broken targets. */
function palettePackage(): Fixture {
  return new Fixture(
    {
      'Package.swift': manifest(`
let package = Package(
  name: "Palette",
  dependencies: [.package(path: "Local")],
  targets: [
    .target(
      name: "App", dependencies: ["Sibling", "c-colors", "CxxColors", "CZip", .product(name: "Local", package: "Local")],
      exclude: ["LeftOut.swift"], resources: [.copy("color.txt")],
      swiftSettings: [.define("APRICOT"), .unsafeFlags(["-DUNSAFE"])]),
    .target(name: "Sibling"),
    .target(name: "c-colors", dependencies: ["CBase"], cSettings: [.define("COLOR", to: "\\"#0000ff\\"")]),
    .target(name: "CBase"),
    .target(name: "CxxColors", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .systemLibrary(name: "CZip", pkgConfig: "zlib"),
    .executableTarget(name: "Tool", dependencies: ["Sibling"], path: "Elsewhere", sources: ["tool"], swiftSettings: [.swiftLanguageMode(.v5)]),
    .target(name: "Broken", dependencies: ["Sibling"]),
    .target(name: "OnBroken", dependencies: ["Broken"]),
    .testTarget(name: "AppTests", dependencies: ["App"]),
  ])`),
      'Local/Package.swift': manifest(
        'let package = Package(name: "Local", products: [.library(name: "Local", targets: ["Local"])], targets: [.target(name: "Local")])',
      ),
      'Local/Sources/Local/Local.swift': `${colorPreview('#ff0000')}public func localColor() -> String { "#00ffff" }`,
      'Sources/Sibling/Sibling.swift': 'package func siblingColor() -> String { "#ff0000" }',
      'Sources/c-colors/include/CColors.h': 'const char *c_color(void);\nconst char *deep_color(void);\n',
      'Sources/c-colors/include/module.modulemap': 'module CColors { header "CColors.h" }',
      'Sources/c-colors/colors.c': `#include "CColors.h"
#include "CBase.h"
const char *c_color(void) { return COLOR; }
const char *deep_color(void) { return base_color(); }
`,
      'Sources/CBase/include/CBase.h': 'const char *base_color(void);\n',
      'Sources/CBase/base.c': 'const char *base_color(void) { return "#123456"; }\n',
      'Sources/CxxColors/include/CxxColors.h': `#ifdef __cplusplus
extern "C"
#endif
const char *cxx_color(void);
`,
      'Sources/CxxColors/colors.cpp': `#include "CxxColors.h"
#include <string>
static std::string color = std::string("#ff") + std::to_string(8800);
const char *cxx_color(void) { return color.c_str(); }
`,
      'Sources/CZip/module.modulemap': 'module CZip { header "zip.h" }',
      'Sources/CZip/zip.h': '#include <zlib.h>\n',
      'Sources/App/color.txt': '#ff00ff',
      'Sources/App/LeftOut.swift': 'this is no Swift',
      'Sources/App/Colors.swift': `import Foundation
func resourceColor() -> String { try! String(contentsOf: Bundle.module.url(forResource: "color", withExtension: "txt")!, encoding: .utf8) }
#if APRICOT && UNSAFE && SWIFT_PACKAGE && swift(>=6)
let definedColor = "#ffcc88"
#endif
`,
      'Sources/App/View.swift': previews('import CBase\nimport CColors\nimport CxxColors\nimport CZip\nimport Local\nimport Sibling', {
        sibling: 'siblingColor()',
        C: 'String(cString: c_color())',
        'C of C': 'String(cString: deep_color())',
        'C++': 'String(cString: cxx_color())',
        system: 'zlibVersion() == nil ? "#000000" : "#445566"',
        resource: 'resourceColor()',
        defined: 'definedColor',
        local: 'localColor()',
      }),
      'Elsewhere/tool/Tool.swift': `${previews('import Sibling', { tool: 'mode + siblingColor().suffix(4)' })}
var mode = ""
#if !swift(>=6)
@main struct Tool { static func main() { print(mode) } }
extension Tool { static let unused = 1 }
#endif
`.replace('var mode = ""', '#if swift(>=6)\nlet mode = "#ff"\n#else\nvar mode = "#88"\n#endif'),
      'Sources/Broken/View.swift': 'import Sibling\nlet broken: Int = "text"\n',
      'Sources/OnBroken/View.swift': colorPreview('#ff0000'),
      'Tests/AppTests/Tests.swift': 'import App\n',
      'Scripts/loose.swift': colorPreview('#ff0000'),
    },
    'a palette – für Gäste',
  );
}

describe('a file of a SwiftPM package', () => {
  const fixture = palettePackage();
  const openView = sharedSession({ file: fixture.path('Sources/App/View.swift'), cacheDirectory: cache.folder });

  it.each([
    ['sibling', 'a sibling target, through `package` access', '#ff0000'],
    ['C', 'a C target, its header and its definitions', '#0000ff'],
    ['C of C', 'a C target that only a C target depends on', '#123456'],
    ['C++', 'a C++ target and the C++ library', '#ff8800'],
    ['system', 'a system library that pkg-config knows', '#445566'],
    ['resource', 'a resource, through Bundle.module', '#ff00ff'],
    ['defined', 'the conditions and the language mode of its target', '#ffcc88'],
    ['local', 'a package in another folder, with previews of its own', '#00ffff'],
  ])('uses %s: %s', async (preview, _, expected) => {
    const session = await openView();
    expect(session.error).toBeNull();
    expect(await color(session, preview)).toBe(expected);
  });

  it('is reloaded as a part of its target', async () => {
    const session = await openView();
    const file = fixture.path('Sources/App/Colors.swift');
    fixture.write('Sources/App/Colors.swift', readFileSync(file, 'utf8').replace('#ffcc88', '#aabbcc'));
    expect(await session.reload()).toMatchObject({ changed: [file] });
    expect(await color(session, 'defined')).toBe('#aabbcc');
  });

  full.it('may belong to an executable with @main, in a folder and a language mode of its own', async () => {
    expect(await color(await open(fixture.path('Elsewhere/tool/Tool.swift')))).toBe('#880000');
  });

  full.it('that does not compile leaves the session open, with the compiler’s diagnostics, until it is mended', async () => {
    const file = fixture.path('Sources/Broken/View.swift');
    const session = await open(file);
    expect(session).toMatchObject({ state: 'failed', error: { code: 'ERR_HOTSWIFT_COMPILE', diagnostics: [{ file, line: 2 }] } });
    fixture.write('Sources/Broken/View.swift', previews('import Sibling', { mended: 'siblingColor()' }));
    await session.reload();
    expect(await color(session)).toBe('#ff0000');
  });

  full.it('cannot be previewed while a target that it depends on does not compile', async () => {
    fixture.write('Sources/Broken/View.swift', 'let broken: Int = "text"\n');
    await expect(open(fixture.path('Sources/OnBroken/View.swift'))).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PROJECT',
      message: expect.stringMatching(/depends on.*Broken\/View\.swift:1:\d+: error: cannot convert value/s),
    });
  });

  it.each([
    ['no target', 'Scripts/loose.swift', /belongs to no target of the package .*: .*App/],
    ['no target, for its own leaves it out', 'Sources/App/LeftOut.swift', /App, in whose folder it lies, leaves it out/],
    ['tests', 'Tests/AppTests/Tests.swift', /AppTests, which cannot be previewed: it is a test target/],
  ])('is refused when it belongs to %s', async (_, file, message) => {
    await expect(open(fixture.path(file))).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_PROJECT', message: expect.stringMatching(message) });
  });

  it('is described together with what a change of which describes it anew', async () => {
    const toolchain = await findToolchain({}, cache.folder);
    const kit = await providePreviewKit(toolchain, cache.folder, () => {});
    const leases = new CacheLeases();
    const places = { cacheDirectory: cache.folder, temporaryFolder: cache.folder };
    const describe = (file: string) => describePackage(file, { toolchain, ...places, leases, previewKit: kit });
    const { watch, module } = (await describe(fixture.path('Sources/App/View.swift'))) ?? {};
    const paths = (...files: string[]) => files.map((file) => fixture.path(file)).sort();
    expect(watch?.manifests.sort()).toEqual(paths('Local/Package.resolved', 'Local/Package.swift', 'Package.resolved', 'Package.swift'));
    expect(watch?.targetFolders).toEqual(paths('Sources/App'));
    expect(watch?.dependencyFolders.sort()).toEqual(
      paths('Local/Sources/Local', 'Sources/CBase', 'Sources/CZip', 'Sources/CxxColors', 'Sources/Sibling', 'Sources/c-colors'),
    );
    expect(module?.sources.map((file) => path.basename(file)).sort()).toEqual([
      'Colors.swift',
      'View.swift',
      'resource_bundle_accessor.swift',
    ]);
    expect(await describe(new Fixture({ 'Lone.swift': '' }).path('Lone.swift'))).toBeUndefined();
    await leases.release();
  });

  full.it('opens without SwiftPM while nothing has changed, and with what changed of a dependency', async () => {
    const phases: string[] = [];
    const file = fixture.path('Elsewhere/tool/Tool.swift');
    const options = { file, cacheDirectory: cache.folder, onProgress: ({ phase }: { phase: string }) => phases.push(phase) };
    await (await openSession(options)).close();
    expect(phases).not.toContain('building dependencies');
    fixture.write('Sources/Sibling/Sibling.swift', 'package func siblingColor() -> String { "#00ff00" }');
    await inTemporaryFolder(async (temporary) => {
      const session = await openSession(options);
      expect(await color(session)).toBe('#88ff00');
      await session.close();
      expect(processes().filter(({ command }) => command.includes(temporary))).toEqual([]);
    });
    expect(phases).toContain('building dependencies');
  });

  full.it('can be given up while SwiftPM is at work', async () => {
    fixture.write('Sources/Sibling/Sibling.swift', 'package func siblingColor() -> String { "#0000ff" }');
    const controller = new AbortController();
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'building dependencies') controller.abort(new Error('given up'));
    };
    const file = fixture.path('Elsewhere/tool/Tool.swift');
    const opened = createSession({ file, cacheDirectory: cache.folder, signal: controller.signal, onProgress });
    await expect(opened).rejects.toThrow('given up');
    expect(await color(await open(file))).toBe('#8800ff');
  });
});

describe('a package', () => {
  it('whose manifest does not come to its end is given up, with all that it has started', async () => {
    const fixture = new Fixture({
      'Package.swift': manifest('import Foundation\nlet package = Package(name: "Endless")\nwhile true { sleep(1) }'),
    });
    const file = fixture.write('Sources/Endless/View.swift', colorPreview('#ff0000'));
    await inTemporaryFolder(async () => {
      await expect(createSession({ file, cacheDirectory: cache.folder, timeouts: { package: 4000 } })).rejects.toMatchObject({
        code: 'ERR_HOTSWIFT_TIMEOUT',
        phase: 'package',
        ms: 4000,
        message: expect.stringMatching(
          /`swift package \w+` for .* said nothing for 4000 ms .*a Package\.swift or a plug-in.*`timeouts\.package`/,
        ),
      });
      expect(processes().filter(({ command }) => command.includes(fixture.folder))).toEqual([]);
    });
  });

  it('whose manifest does not compile is refused in SwiftPM’s words', async () => {
    const fixture = new Fixture({ 'Package.swift': manifest('let package = Package(nom: "Nothing")') });
    const file = fixture.write('Sources/Nothing/View.swift', colorPreview('#ff0000'));
    await expect(open(file)).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PROJECT',
      message: expect.stringMatching(/Package\.swift:3:\d+: error: .*nom/s),
    });
  });

  full.it(
    'is linked once with what it fetches and with static libraries, and with hotswift’s PreviewKit in the place of its own',
    async () => {
      const fixture = fetchingPackage();
      const session = await open(fixture.path('App/Sources/App/View.swift'));
      expect(session.error).toBeNull();
      expect(await color(session, 'fetched')).toBe('#00ff00');
      expect(await color(session, 'shape')).toBe('#0000ff');
      // Of the static library's variable there is one copy: the target, what it depends on and the next generation count on.
      expect(await color(session, 'static')).toBe('#000012');
      fixture.write('App/Sources/App/View.swift', fetchingView('dependency_next()', 'archive_next()'));
      await session.reload();
      expect(await color(session, 'static')).toBe('#000034');
    },
  );

  full.it('with a macro and a plugin is compiled with what they make', async () => {
    const fixture = toolPackage();
    const session = await open(fixture.path('Sources/App/View.swift'));
    expect(session.error).toBeNull();
    expect(await color(session, 'macro')).toBe('#00ff00');
    expect(await color(session, 'plugin')).toBe('#0000ff');
    for (const [file, kind] of [
      ['Sources/Macros/main.swift', 'a macro'],
      ['Plugins/Generator/Generator.swift', 'a plugin'],
    ] as const) {
      await expect(open(fixture.path(file))).rejects.toMatchObject({
        code: 'ERR_HOTSWIFT_PROJECT',
        message: expect.stringContaining(kind),
      });
    }
  });
});

function fetchingView(...calls: string[]): string {
  const colors = { fetched: 'fetchedColor', static: `"#0000\\(${calls.join(')\\(')})"` };
  return `${previews('import Fetched\nimport Shapes\nimport Static', colors)}
struct Shape_Previews: PreviewProvider { static var previews: [Preview] { Preview("shape") { square("#0000ff") } } }
`;
}

/** Packages of which one fetches the other, depends on a PreviewKit that its own target uses as well, and links a static library. */
function fetchingPackage(): Fixture {
  const fixture = new Fixture({
    'Fetched/Package.swift': manifest(
      'let package = Package(name: "Fetched", products: [.library(name: "Fetched", targets: ["Fetched"])], targets: [.target(name: "Fetched")])',
    ),
    'Fetched/Sources/Fetched/Fetched.swift': 'public let fetchedColor = "#00ff00"\n',
    'App/Sources/Shapes/Shapes.swift': `import PreviewKit
public func square(_ color: String) -> SVG {
  SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><rect width='4' height='4' fill='\\(color)'/></svg>")
}
`,
    'App/Sources/Static/include/Static.h': 'int archive_next(void);\nint dependency_next(void);\n',
    'App/Sources/Static/static.c': '#include "Static.h"\nint dependency_next(void) { return archive_next(); }\n',
    'App/Sources/App/View.swift': fetchingView('archive_next()', 'dependency_next()'),
    'archive.c': 'static int count; int archive_next(void) { return ++count; }\n',
  });
  fixture.write(
    'App/Package.swift',
    manifest(`
let package = Package(
  name: "App",
  dependencies: [.package(url: "file://${fixture.path('Fetched')}", from: "1.0.0"), .package(path: "${previewKit}")],
  targets: [
    .target(name: "App", dependencies: ["PreviewKit", "Shapes", "Static", .product(name: "Fetched", package: "Fetched")]),
    .target(name: "Shapes", dependencies: ["PreviewKit"]),
    .target(name: "Static", linkerSettings: [.unsafeFlags(["-Llibraries"]), .linkedLibrary("archive")]),
  ])`),
  );
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: fixture.folder, env: toolEnvironment });
  const git = (...args: string[]) => run('git', '-C', 'Fetched', '-c', 'user.name=Test', '-c', 'user.email=test@localhost', ...args);
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Publish');
  git('tag', '1.0.0');
  mkdirSync(fixture.path('App/libraries'));
  run('cc', '-fPIC', '-c', 'archive.c', '-o', 'archive.o');
  run('ar', 'rcs', 'App/libraries/libarchive.a', 'archive.o');
  return fixture;
}

/**
 * A package with tools of its own. The macro speaks the compiler's plugin protocol itself (swift/ASTGen: PluginMessages), for want of
 * swift-syntax: messages are JSON after eight bytes of length.
 */
function toolPackage(): Fixture {
  return new Fixture({
    'Package.swift': `// swift-tools-version: 6.0
import CompilerPluginSupport
import PackageDescription
let package = Package(
  name: "Tools",
  targets: [
    .target(name: "App", dependencies: ["Macros"], plugins: ["Generator"]),
    .macro(name: "Macros"),
    .plugin(name: "Generator", capability: .buildTool()),
  ])`,
    'Sources/Macros/main.swift': `import Foundation
while let length = try FileHandle.standardInput.read(upToCount: 8), length.count == 8 {
  let count = length.enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
  let request = String(decoding: try FileHandle.standardInput.read(upToCount: count)!, as: UTF8.self)
  let answer = request.contains("getCapability")
    ? #"{"getCapabilityResult":{"capability":{"protocolVersion":7}}}"#
    : ##"{"expandMacroResult":{"expandedSource":"\\"#00ff00\\"","diagnostics":[]}}"##
  var size = UInt64(answer.utf8.count).littleEndian
  FileHandle.standardOutput.write(Data(bytes: &size, count: 8) + Data(answer.utf8))
}
`,
    'Plugins/Generator/Generator.swift': `import Foundation
import PackagePlugin
@main struct Generator: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appendingPathComponent("Generated.swift")
    let script = "echo 'let generatedColor = \\"#0000ff\\"' > \\"$0\\""
    return [
      .buildCommand(
        displayName: "generate", executable: URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", script, output.path], outputFiles: [output])
    ]
  }
}
`,
    'Sources/App/View.swift': previews(
      '@freestanding(expression) macro color() -> String = #externalMacro(module: "Macros", type: "Color")',
      {
        macro: '#color()',
        plugin: 'generatedColor',
      },
    ),
  });
}

describe('a system library of a package', () => {
  const { PKG_CONFIG_PATH: former } = process.env;
  afterEach(() => {
    if (former === undefined) delete process.env.PKG_CONFIG_PATH;
    else process.env.PKG_CONFIG_PATH = former;
  });

  full.it('may be missing, which the error says, and be installed later', async () => {
    const installed = new Fixture({ 'include/tint.h': 'static inline unsigned tint(void) { return 0x88; }\n' }, 'in stalled');
    process.env.PKG_CONFIG_PATH = installed.folder;
    const fixture = new Fixture({
      'Package.swift': manifest(`let package = Package(name: "Tinted", targets: [
        .systemLibrary(name: "CTint", pkgConfig: "tint-of-hotswift", providers: [.apt(["libtint-dev"]), .yum(["tint-devel"]), .brew(["tint"])]),
        .target(name: "Tinted", dependencies: ["CTint"]),
      ])`),
      'Sources/CTint/module.modulemap': 'module CTint { header "ctint.h" }\n',
      'Sources/CTint/ctint.h': '#include <tint.h>\n',
    });
    const file = fixture.write('Sources/Tinted/View.swift', previews('import CTint', { tint: '"#0000" + String(tint(), radix: 16)' }));

    const early = await openSession({ file, cacheDirectory: cache.folder, watch: true });
    const how = process.platform === 'darwin' ? 'brew install tint' : 'apt-get install libtint-dev, or yum install tint-devel';
    expect(early.error).toMatchObject({
      code: 'ERR_HOTSWIFT_COMPILE',
      message: expect.stringMatching(/tint\.h.* file not found(.|\n)*pkg-config does not find tint-of-hotswift, which CTint is made of/),
    });
    expect(early.error?.message).toContain(how);
    await expect(early.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });

    installed.write('tint-of-hotswift.pc', `Name: tint\nDescription: tint\nVersion: 1\nCflags: -I"\${pcfiledir}/include"\n`);
    const session = await open(file);
    expect(session.error).toBeNull();
    expect(await color(session)).toBe('#000088');
    await early.reload();
    expect(await color(early)).toBe('#000088');
  });
});
