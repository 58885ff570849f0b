import { existsSync } from 'node:fs';
import path from 'node:path';
import { CacheLeases } from '../../lib/project/cache-lease.js';
import { provideLibrary } from '../../lib/project/dependency-library.js';
import { findToolchain } from '../../lib/project/toolchain.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';
import { buildLibrary, compileC } from '../support/swift-objects';

it('what two targets depend on is a library for each, which is linked once', async () => {
  const fixture = new Fixture({ 'a.c': 'int a(void) { return 1; }', 'kit.c': 'int kit(void) { return 2; }' });
  loadAddon();
  const toolchain = await findToolchain({}, fixture.folder);
  const shared = {
    objects: [compileC(fixture, 'a.c')],
    previewKit: buildLibrary(fixture, ['kit.c'], 'libkit.so'),
    linker: { libraryPaths: [], libraries: [], archives: [], flags: [] },
    usesCxx: false,
  };
  const leases = new CacheLeases();
  let links = 0;
  const options = { folder: fixture.path('libraries'), toolchain, leases, onLink: () => (links += 1) };
  const provide = (name: string) => provideLibrary({ name, ...shared }, options);
  const libraries = [await provide('One'), await provide('Other')];
  expect(libraries.map((library) => [path.basename(library).split('-')[0], existsSync(library)])).toEqual([
    ['libOne', true],
    ['libOther', true],
  ]);
  expect([await provide('One'), await provide('Other')]).toEqual(libraries);
  expect(links).toBe(2);
  await leases.release();
});
