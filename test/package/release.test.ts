import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Fixture } from '../support/fixture';
import { Project, pack, root } from '../support/package';
import { full } from '../support/tier';

const platforms: { platform: string; arch: string; runner: string; container: string }[] = require('../../prebuilds/platforms.json');
const names = platforms.map(({ platform, arch }) => `${platform}-${arch}`);
const here = `${process.platform}-${process.arch}`;

function prebuilds(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'scripts', 'prebuilds.mjs'), ...args], {
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

/** A package with a file for each platform in place of its binary. */
function packageFor(platforms: readonly string[]): Fixture {
  return new Fixture(Object.fromEntries(platforms.map((name) => [`prebuilds/${name}/hotswift.glibc.node`, `the binary of ${name}`])));
}

describe('a release', () => {
  it('is for the platforms that the project supports', () => {
    expect(names).toEqual(['linux-x64', 'linux-arm64', 'darwin-arm64']);
    expect(names).toContain(here);
    expect(JSON.parse(prebuilds('list').output)).toEqual(platforms);
  });

  it('is refused if a platform has no binary, and says which', () => {
    expect(prebuilds('check', packageFor(names).folder)).toMatchObject({ status: 0 });
    for (const missing of names) {
      const { status, output } = prebuilds('check', packageFor(names.filter((name) => name !== missing)).folder);
      expect(status).toBe(1);
      expect(output).toContain(`${missing}: there is no binary`);
      expect(output.match(/there is no binary/g)).toHaveLength(1);
    }
  });

  full.it('is refused if a binary was not loaded on its platform, or another one than this was', async () => {
    const project = new Project();
    await project.install('npm', ['install', '--ignore-scripts', pack(new Fixture().folder)]);
    const installed = project.path('node_modules/hotswift');
    const records = project.path('records');
    expect(prebuilds('try', installed, '--record', records)).toMatchObject({ status: 0, output: expect.stringContaining('works in Node') });

    const others = names.filter((name) => name !== here);
    const binary = readFileSync(path.join(installed, 'prebuilds', here, 'hotswift.glibc.node'));
    const complete = packageFor(others);
    complete.write(`prebuilds/${here}/hotswift.glibc.node`, binary);
    const { status, output } = prebuilds('check', complete.folder, '--records', records);
    expect(status).toBe(1);
    expect(output.match(/^.*nothing says that this binary was loaded there$/gm)).toEqual(
      others.map((name) => `  ${name}: nothing says that this binary was loaded there`),
    );

    complete.write(`prebuilds/${here}/hotswift.glibc.node`, Buffer.concat([binary, Buffer.of(0)]));
    expect(prebuilds('check', complete.folder, '--records', records).output).toContain(
      `${here}: nothing says that this binary was loaded there`,
    );
  });

  full.it('has no record of a binary that cannot be loaded', async () => {
    const project = new Project();
    await project.install('npm', ['install', '--ignore-scripts', pack(new Fixture().folder)]);
    project.write(`node_modules/hotswift/prebuilds/${here}/hotswift.glibc.node`, 'no binary');
    const { status, output } = prebuilds('try', project.path('node_modules/hotswift'), '--record', project.path('records'));
    expect(status).toBe(1);
    expect(output).toContain('ERR_HOTSWIFT_NATIVE');
    expect(existsSync(project.path('records'))).toBe(false);
  });
});
