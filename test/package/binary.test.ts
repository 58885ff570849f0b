import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { bringThirdParty, prebuilt, root } from '../support/package';

const megabyte = 1e6;

describe('the prebuilt binary', () => {
  const symbols = (which: '--defined-only' | '--undefined-only'): string[] =>
    execFileSync('nm', ['-D', '--without-symbol-versions', '--format=posix', which, prebuilt], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.split(' '))
      // Weak ones may be missing: zstd's hooks for tracing are.
      .filter(([name, type]) => name !== '' && type !== 'w')
      .map(([name]) => name);

  it('exports the registration of a Node-API module, what debuggers look for, and nothing else', () => {
    const forDebuggers = ['__jit_debug_descriptor', '__jit_debug_register_code'];
    expect(symbols('--defined-only').sort()).toEqual([...forDebuggers, 'napi_register_module_v1', 'node_api_module_get_api_version_v1']);
  });

  it('holds all that it needs of LLVM, libdeflate, zlib, zstd and tree-sitter', () => {
    const wanted = symbols('--undefined-only');
    expect(wanted).toContain('napi_create_function');
    expect(wanted.filter((name) => /4llvm|^ZSTD_|^(lib)?(in|de)flate|^crc32|^adler32|^ts_|^tree_sitter_|^uv_/.test(name))).toEqual([]);
  });

  it('needs only the libraries of the C runtime, and stays loaded', () => {
    const dynamic = execFileSync('readelf', ['-dW', prebuilt], { encoding: 'utf8' });
    const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1]);
    expect(needed).toContain('libc.so.6');
    expect(needed.filter((name) => !/^(libc|libm|libdl|librt|libpthread|libgcc_s|ld-linux-[\w-]+)\.so\.\d$/.test(name))).toEqual([]);
    expect(dynamic).toMatch(/FLAGS_1.*NODELETE/);
  });

  it('is stripped, of at most 25 MB, and 10 MB compressed', () => {
    expect(execFileSync('readelf', ['-SW', prebuilt], { encoding: 'utf8' })).not.toMatch(/\.symtab|\.debug_/);
    expect(statSync(prebuilt).size).toBeLessThan(25 * megabyte);
    expect(gzipSync(readFileSync(prebuilt)).length).toBeLessThan(10 * megabyte);
  });

  it.each([
    ['it', prebuilt],
    ["the library for the compiler's process, which it holds,", path.join(root, 'build-cmake', 'warm_frontend.so')],
  ])('needs glibc 2.34, as README says: %s wants no symbol of a newer one', (_, file) => {
    expect(readFileSync(path.join(root, 'README.md'), 'utf8')).toContain('glibc 2.34');
    const wanted = execFileSync('readelf', ['-VW', file], { encoding: 'utf8' });
    const versions = [...wanted.matchAll(/\bGLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
    expect(versions).toContain(34);
    expect(Math.max(...versions)).toBe(34);
  });

  it('works on glibc 2.36, that of Debian 12', () => {
    const thirdParty = bringThirdParty('node-20', 'debian-12-libraries');
    const libraries = thirdParty('debian-12-libraries');
    const loader = path.join(libraries, process.arch === 'arm64' ? 'ld-linux-aarch64.so.1' : 'ld-linux-x86-64.so.2');
    const script = `
      const { Engine, encodePng } = require(${JSON.stringify(prebuilt)});
      new Engine([]);
      const png = encodePng(Uint8Array.of(1, 2, 3, 255), { width: 1, height: 1, premultiplied: true });
      console.log(JSON.stringify({ glibc: process.report.getReport().header.glibcVersionRuntime, signature: png.toString('latin1', 1, 4) }));`;
    const node = path.join(thirdParty('node-20'), 'bin', 'node');
    const told = execFileSync(loader, ['--library-path', libraries, node, '-e', script], { encoding: 'utf8' });
    expect(JSON.parse(told)).toEqual({ glibc: '2.36', signature: 'PNG' });
  });
});
