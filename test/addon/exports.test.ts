import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

describe('the binary of the addon', () => {
  const root = path.join(__dirname, '..', '..');
  const binary = [
    ...['build-cmake', 'build'].map((folder) => path.join(root, folder, 'Release', 'hotswift.node')),
    path.join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'hotswift.glibc.node'),
  ].find(existsSync) as string;

  const symbols = (which: '--defined-only' | '--undefined-only'): string[] =>
    execFileSync('nm', ['-D', '--without-symbol-versions', '--format=posix', which, binary], { encoding: 'utf8' })
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
    const dynamic = execFileSync('readelf', ['-dW', binary], { encoding: 'utf8' });
    const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1]);
    expect(needed).toContain('libc.so.6');
    expect(needed.filter((name) => !/^(libc|libm|libdl|librt|libpthread|libgcc_s|ld-linux-[\w-]+)\.so\.\d$/.test(name))).toEqual([]);
    expect(dynamic).toMatch(/FLAGS_1.*NODELETE/);
  });
});
