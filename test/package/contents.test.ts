import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packedPackage, root } from '../support/package';

/** The files below a folder of the project, without what SwiftPM builds. */
function sources(folder: string): string[] {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  return files.filter((file) => !file.split(path.sep).includes('.build'));
}

describe('what is published', () => {
  let files: string[];
  beforeAll(() => {
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
    files = packedPackage(packed).files.map((file) => file.path);
  });

  it('is the compiled library, the binary, PreviewKit, what a source build takes, and nothing else', () => {
    const compiled = sources('lib').flatMap((source) => {
      const [, name, kind] = /^lib\/(.*)\.([cm]?)ts$/.exec(source) as RegExpExecArray;
      return [`.${kind}js`, `.${kind}js.map`, `.d.${kind}ts`].map((extension) => `dist/${name}${extension}`);
    });
    const binaries = [`prebuilds/${process.platform}-${process.arch}/hotswift.glibc.node`];
    const forSourceBuilds = [
      ...sources('native').filter((name) => !name.startsWith('native/fuzz/')),
      ...['build-llvm.sh', 'build-native.mjs', 'child-process.mjs', 'cmake.mjs', 'third-party.mjs'].map((name) => `scripts/${name}`),
      ...sources('scripts/third-party'),
      ...['third_party/manifest.json', 'CMakeLists.txt', 'binding.gyp'],
    ];
    const documents = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'THIRD_PARTY_LICENSES'];
    const wanted = [...compiled, ...binaries, ...sources('swift'), ...forSourceBuilds, ...documents];
    const isOfAnotherPlatform = (name: string) => /^prebuilds\//.test(name) && !binaries.includes(name);
    expect(files.filter((name) => !isOfAnotherPlatform(name)).sort()).toEqual(wanted.sort());
  });

  it('has the licences of what is linked into the binary', () => {
    const licenses = readFileSync(path.join(root, 'THIRD_PARTY_LICENSES'), 'utf8');
    for (const artifact of ['llvm', 'libdeflate', 'tree-sitter', 'tree-sitter-swift']) {
      const folder = path.join(root, 'third_party', artifact, 'licenses');
      const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8').trim());
      expect(texts.length).toBeGreaterThan(0);
      // If not: node scripts/third-party.mjs --licenses
      expect(texts.filter((text) => !licenses.includes(text))).toEqual([]);
    }
    expect(licenses).toContain('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION');
  });

  it('has what package.json leads to', () => {
    const { main, types, bin, exports } = require('../../package.json');
    const names = [main, types, bin, ...Object.values(exports['.']).flatMap((entry) => Object.values(entry as Record<string, string>))];
    expect(files).toEqual(expect.arrayContaining(names.map((name) => path.normalize(name))));
  });
});
