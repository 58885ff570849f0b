import path from 'node:path';
import { buildFolder, buildTarget } from '../support/addons';
import { Fixture } from '../support/fixture';
import { bringThirdParty, Project, pack, root } from '../support/package';
import { compileC } from '../support/swift-objects';
import { first, full } from '../support/tier';

const thirdParty = bringThirdParty('node-20', 'node-22', 'node-24', 'bun');
const nodes = ['node-20', 'node-22', 'node-24'].map((name) => [name, path.join(thirdParty(name), 'bin', 'node')] as const);
const bun = ['bun', path.join(thirdParty('bun'), 'bin', 'bun')] as const;

const source = `
  import PreviewKit
  @_cdecl("answer") func answer() -> Int32 { 40 + 1 }
  @_cdecl("crash") func crash() -> Int32 { fatalError() }
  struct Previews: PreviewProvider {
    static var previews: [Preview] {
      Preview(width: 2, height: 1) {
        Bitmap(width: 2, height: 1) { $0.fill(Pixel(red: 7, green: 0, blue: 0)) }
      }
    }
  }`;

/** What a host does: a session with edits of every kind, and a crash where it is contained. It tells what it has seen. */
const story = `
  const { writeFileSync } = require('node:fs');
  const { createSession } = require('hotswift');
  const { PNG } = require(${JSON.stringify(require.resolve('pngjs'))});
  module.exports = async (isolation, file) => {
    const source = ${JSON.stringify(source)};
    writeFileSync(file, source);
    const session = await createSession({ file, isolation });
    const look = async () => ({ answer: await session.call('answer'), red: PNG.sync.read((await session.snapshot()).data).data[0] });
    const reload = async (text) => {
      writeFileSync(file, text);
      const { tier, generation } = await session.reload();
      return { tier, generation, ...await look() };
    };
    const seen = { first: await look() };
    seen.literal = await reload(source.replace('red: 7', 'red: 8'));
    seen.structural = await reload(source.replace('red: 7', 'red: 8 + 1').replace('40 + 1', '6 * 9'));
    if (isolation === 'process') {
      seen.crash = await session.call('crash').catch(({ code, signal, backtrace }) => [code, typeof signal, backtrace !== undefined]);
      seen.afterwards = await look();
    }
    await session.close();
    return seen;
  };`;
const told = {
  first: { answer: 41, red: 7 },
  literal: { tier: 'literal', generation: 2, answer: 41, red: 8 },
  structural: { tier: 'structural', generation: 3, answer: 54, red: 9 },
};

let project: Project;
beforeAll(async () => {
  project = new Project();
  await project.install('npm', ['install', '--ignore-scripts', pack(new Fixture().folder)]);
  project.write('story.cjs', story);
});

let files = 0;
const newFile = (): string => {
  files += 1;
  return project.path(`Source${files}.swift`);
};

async function run(host: string, code: string): Promise<unknown> {
  const script = path.basename(project.write('script.cjs', code));
  return JSON.parse(await project.run(host, [script]));
}

first(1).describe.each([...nodes, bun])('in %s, the library works', (name, host) => {
  // Bun handles the signal itself.
  const hasBacktrace = name !== 'bun';
  const toldOfAgents = { ...told, crash: ['ERR_HOTSWIFT_CRASH', 'string', hasBacktrace], afterwards: { answer: 54, red: 9 } };

  first(1).it.each([
    ['process', toldOfAgents],
    ['in-process', told],
  ])('with isolation %s', async (isolation, expected) => {
    const code = `require('./story.cjs')('${isolation}', ${JSON.stringify(newFile())}).then((seen) => console.log(JSON.stringify(seen)))`;
    expect(await run(host, code)).toEqual(expected);
  });

  it('imported from an ES module', async () => {
    project.write(
      'script.mjs',
      `import story from './story.cjs'; import { HotswiftError } from 'hotswift';
      const seen = await story('process', ${JSON.stringify(newFile())});
      console.log(JSON.stringify({ seen, error: typeof HotswiftError }));`,
    );
    expect(JSON.parse(await project.run(host, ['script.mjs']))).toEqual({ seen: toldOfAgents, error: 'function' });
  });

  full.it('in a worker thread', async () => {
    const inside = `require(${JSON.stringify(project.path('story.cjs'))})('process', ${JSON.stringify(newFile())})
      .then((seen) => require('node:worker_threads').parentPort.postMessage(seen))`;
    const code = `new (require('node:worker_threads').Worker)(${JSON.stringify(inside)}, { eval: true }).on('message', (seen) => console.log(JSON.stringify(seen)))`;
    expect(await run(host, code)).toEqual(toldOfAgents);
  });

  if (name === 'bun') return;

  full.it('under Jest', async () => {
    project.write(
      'story.test.js',
      `
      const story = require('./story.cjs');
      it.each([['process', ${JSON.stringify(toldOfAgents)}], ['in-process', ${JSON.stringify(told)}]])('works with %s', async (isolation, told) => {
        expect(await story(isolation, require('node:path').join(__dirname, isolation + '.swift'))).toEqual(told);
      }, 60_000);`,
    );
    await project.run(host, [path.join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--rootDir', project.folder]);
  });
});

full.describe('beside another addon that embeds LLVM and shows all of it to the process', () => {
  let object: string;
  const neighbour = path.join(buildFolder(), 'test', 'package', 'neighbour', 'neighbour.node');
  beforeAll(() => {
    buildTarget('neighbour');
    object = compileC(new Fixture({ 'forty.c': 'int forty(void) { return 40; }' }), 'forty.c');
  }, 600_000);

  const load = `
    const { RTLD_NOW, RTLD_GLOBAL } = require('node:os').constants.dlopen;
    const neighbour = { exports: {} };
    const loadNeighbour = () => process.dlopen(neighbour, ${JSON.stringify(neighbour)}, RTLD_NOW | RTLD_GLOBAL);`;
  const finish = 'console.log(JSON.stringify(seen));';

  it.each(nodes)('%s loads both, and each links and runs its own: the other one first', async (_, host) => {
    const code = `${load} (async () => { loadNeighbour();
      const before = neighbour.exports.run(${JSON.stringify(object)}, 'forty');
      const seen = { before, ...await require('./story.cjs')('in-process', ${JSON.stringify(newFile())}) };
      ${finish} })()`;
    expect(await run(host, code)).toEqual({ before: 40, ...told });
  });

  it.each(nodes)('%s loads both, and each links and runs its own: the other one in the middle', async (_, host) => {
    const code = `${load} (async () => {
      const story = require('./story.cjs');
      const first = await story('in-process', ${JSON.stringify(newFile())});
      loadNeighbour();
      const between = neighbour.exports.run(${JSON.stringify(object)}, 'forty');
      const seen = [first, between, await story('in-process', ${JSON.stringify(newFile())})];
      ${finish} })()`;
    expect(await run(host, code)).toEqual([told, 40, told]);
  });
});
