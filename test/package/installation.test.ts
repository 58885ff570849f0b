import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Fixture, toolEnvironment } from '../support/fixture';
import { asCommonJs, bringThirdParty, Project, pack, packFolder, readmeExample } from '../support/package';
import { Picture } from '../support/picture';
import { first, full, long } from '../support/tier';

const thirdParty = bringThirdParty('node-22', 'npm-12', 'pnpm');
const node22 = path.join(thirdParty('node-22'), 'bin', 'node');

let tarball: string;
beforeAll(() => {
  tarball = pack(new Fixture().folder);
});

/** Runs the README's example as `script`, saves an edit, and looks at what it has drawn of both. */
async function followReadme(project: Project, script: string): Promise<void> {
  const { swift } = readmeExample();
  const colors = () => {
    const picture = new Picture(readFileSync(project.path('Card.png')));
    return { width: picture.width, teal: picture.count('#008080'), crimson: picture.count('#dc143c') };
  };
  project.write('Card.swift', swift);
  const example = project.start(process.execPath, [script]);
  try {
    expect(await example.next()).toBe('generation 1');
    expect(colors()).toEqual({ width: 640, teal: 640 * 400, crimson: 0 });
    project.write('Card.swift', swift.replace('teal', 'crimson'));
    expect(await example.next()).toBe('generation 2');
    expect(colors()).toEqual({ width: 640, teal: 0, crimson: 640 * 400 });
  } finally {
    await example.end();
  }
}

first(1).describe.each<[string, (project: Project) => Promise<void>]>([
  ['npm', (project) => project.install('npm', ['install', tarball])],
  ['npm without install scripts', (project) => project.install('npm', ['install', '--ignore-scripts', tarball])],
  ['npm 12', (project) => project.install(node22, [path.join(thirdParty('npm-12'), 'bin', 'npm-cli.js'), 'install', tarball], node22)],
  ['pnpm', (project) => project.install(process.execPath, [path.join(thirdParty('pnpm'), 'bin', 'pnpm.cjs'), 'add', tarball])],
])('installed by %s, where there is no compiler', (_, install) => {
  let project: Project;
  beforeAll(async () => {
    project = new Project();
    await install(project);
  });

  it('is what was published, and nothing was built', () => {
    const folder = project.path('node_modules/hotswift');
    expect(['build', 'build-cmake'].filter((name) => existsSync(path.join(folder, name)))).toEqual([]);
    expect(existsSync(path.join(folder, 'prebuilds'))).toBe(true);
  });

  it("runs the README's example as an ES module", async () => {
    project.write('example.mjs', readmeExample().javascript);
    await followReadme(project, 'example.mjs');
  });

  full.it("runs the README's example as CommonJS", async () => {
    project.write('example.cjs', asCommonJs(readmeExample().javascript));
    await followReadme(project, 'example.cjs');
  });

  it('has a program that finds all that a session needs', async () => {
    const findings = JSON.parse(await project.run(process.execPath, ['node_modules/hotswift/dist/cli.js', 'doctor', '--json']));
    expect(findings.filter(({ state }: { state: string }) => state !== 'fine')).toEqual([]);
  });
});

full.describe('without a binary for the platform', () => {
  let tarball: string;
  beforeAll(() => {
    const folder = new Fixture();
    execFileSync('tar', ['-xzf', pack(folder.folder), '-C', folder.folder]);
    rmSync(folder.path('package/prebuilds'), { recursive: true });
    mkdirSync(folder.path('packed'));
    tarball = packFolder(folder.path('package'), folder.path('packed'));
  });

  it('says so where install scripts do not run, and what to do', async () => {
    const project = new Project();
    await project.install('npm', ['install', '--ignore-scripts', tarball]);
    project.write('Card.swift', readmeExample().swift);
    const tell = `({ code, message }) => console.log(JSON.stringify({ code, message }))`;
    project.write('open.cjs', `require('hotswift').createSession({ file: 'Card.swift' }).catch(${tell})`);
    const { code, message } = JSON.parse(await project.run(process.execPath, ['open.cjs']));
    expect(code).toBe('ERR_HOTSWIFT_NATIVE');
    expect(message).toContain(`No native build was found for platform=${process.platform} arch=${process.arch}`);
    expect(message).toContain('npm rebuild hotswift');
  });

  long.it(
    'is built by the install script, from what was published and what that downloads',
    async () => {
      const project = new Project();
      const env = { ...toolEnvironment, HOTSWIFT_CACHE: project.path('cache') };
      execFileSync('npm', ['install', '--ignore-scripts=false', tarball], { cwd: project.folder, stdio: 'pipe', env });
      project.write('example.mjs', readmeExample().javascript);
      await followReadme(project, 'example.mjs');
    },
    900_000,
  );
});
