import { existsSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { CacheLeases } from '../../lib/project/cache-lease.js';
import { recallDescription, rememberDescription } from '../../lib/project/remembered-packages.js';
import { loadAddon } from '../../lib/reload/native.js';
import { Fixture } from '../support/fixture';

loadAddon();

/** A package that was described, the module of a dependency and an archive of the user's among its products. */
async function remembered() {
  const fixture = new Fixture({ 'cache/build/Sibling.swiftmodule': 'a module', 'libvendored.a': 'an archive', 'View.swift': '' });
  const [folder, file] = [fixture.path('cache'), fixture.path('View.swift')];
  const products = [fixture.path('cache/build/Sibling.swiftmodule'), fixture.path('libvendored.a')];
  for (const product of products) utimesSync(product, 1e9, 1e9);
  const module = { name: 'App', file, sources: [file], flags: [], workingDirectory: fixture.folder, libraryPaths: [], libraries: [] };
  const folders = { targetFolders: [], dependencyFolders: [], pluginInputs: [] };
  const description = { module, watch: { manifests: [], ...folders } };
  const inputs = { roots: [], ...folders, products, present: [], systemLibraries: [], facts: ['fact'] };
  await rememberDescription(folder, description, inputs, Number.POSITIVE_INFINITY);
  const [product = '', archive = ''] = products;
  return { product, archive, recall: (leases: CacheLeases) => recallDescription(folder, file, ['fact'], leases) };
}

/** Another content of the same size, and the same time. */
function damage(file: string): void {
  writeFileSync(file, 'x'.repeat(statSync(file).size));
  utimesSync(file, 1e9, 1e9);
}

describe('a package that was described before', () => {
  it('is not described again while nothing has changed', async () => {
    const { recall } = await remembered();
    expect(await recall(new CacheLeases())).toMatchObject({ module: { name: 'App' } });
  });

  it('is built again where a product was damaged, which is removed for that', async () => {
    const { recall, product } = await remembered();
    damage(product);
    expect(await recall(new CacheLeases())).toBeUndefined();
    expect(existsSync(product)).toBe(false);
  });

  it('is described again where a file of the user’s has another content, and keeps that file', async () => {
    const { recall, archive } = await remembered();
    damage(archive);
    expect(await recall(new CacheLeases())).toBeUndefined();
    expect(existsSync(archive)).toBe(true);
  });

  it('is looked at to the last bit once a session', async () => {
    const { recall, product } = await remembered();
    const session = new CacheLeases();
    await recall(session);
    damage(product);
    expect(await recall(session)).toMatchObject({ module: { name: 'App' } });
  });
});
