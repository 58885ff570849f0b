import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { colorPreview, openSession } from '../support/session';
import { first, full } from '../support/tier';

const run = promisify(execFile);
const root = path.join(__dirname, '../..');

/** What each embedding does: open, edit, reload, and print what it sees. */
const story = `
  const { writeFileSync } = require('node:fs');
  async function story(createSession, file, isolation) {
    const session = await createSession({ file, isolation });
    const first = await session.call('answer');
    writeFileSync(file, require('node:fs').readFileSync(file, 'utf8').replace('{ 41 }', '{ 42 }'));
    const { tier, generation } = await session.reload();
    const second = await session.call('answer');
    const { width, height } = await session.snapshot();
    // What waits for the next edit then is all that is left to wait for.
    await session.idle();
    await session.close();
    return JSON.stringify({ first, tier, generation, second, width, height });
  }`;
const told = { first: 41, tier: 'structural', generation: 2, second: 42, width: 40, height: 20 };

first(1).describe.each(['process', 'in-process'] as const)('with isolation %s, the library works', (isolation) => {
  function newFile(): string {
    return new Fixture().write('Answer.swift', colorPreview('#ff0000', '@_cdecl("answer") func answer() -> Int32 { 41 }\n'));
  }

  async function node(code: string, type: 'commonjs' | 'module'): Promise<unknown[]> {
    const { stdout } = await run(process.execPath, [`--input-type=${type}`, '-e', code], { cwd: root });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  it('required from CommonJS, and the process ends by itself', async () => {
    const code = `${story} story(require('hotswift').createSession, ${JSON.stringify(newFile())}, '${isolation}').then(console.log)`;
    expect(await node(code, 'commonjs')).toEqual([told]);
  });

  it('imported from an ES module', async () => {
    const code = `import { createRequire } from 'node:module'; import { createSession, HotswiftError } from 'hotswift';
      if (typeof HotswiftError !== 'function') throw new Error('not exported');
      const require = createRequire(import.meta.url); ${story} console.log(await story(createSession, ${JSON.stringify(newFile())}, '${isolation}'))`;
    expect(await node(code, 'module')).toEqual([told]);
  });

  const inWorker = (file: string) => {
    const inside = `${story} story(require('hotswift').createSession, ${JSON.stringify(file)}, '${isolation}')
      .catch(({ code, message }) => JSON.stringify({ code, message })).then((text) => require('node:worker_threads').parentPort.postMessage(text))`;
    return `new (require('node:worker_threads').Worker)(${JSON.stringify(inside)}, { eval: true }).on('message', console.log)`;
  };

  if (isolation === 'process') {
    it('in a worker thread', async () => {
      expect(await node(inWorker(newFile()), 'commonjs')).toEqual([told]);
    });
  } else {
    it('on the main thread: in a worker thread the main actor would never run, and that is an error', async () => {
      const [refusal] = await node(inWorker(newFile()), 'commonjs');
      expect(refusal).toEqual({ code: 'ERR_HOTSWIFT_ARGUMENT', message: expect.stringContaining('needs the main thread of the process') });
    });
  }

  const copies = `const load = () => { for (const key of Object.keys(require.cache)) if (!key.endsWith('.node')) delete require.cache[key]; return require('hotswift').createSession; };`;

  full.it('twice in one process, as two copies at the same time', async () => {
    const stories = [newFile(), newFile()].map((file) => `story(load(), ${JSON.stringify(file)}, '${isolation}')`).join(', ');
    const code = `${story} ${copies} Promise.all([${stories}]).then((texts) => texts.forEach((text) => console.log(text)))`;
    expect(await node(code, 'commonjs')).toEqual([told, told]);
  });

  full.it('as two copies of which each has its own literals', async () => {
    const files = [newFile(), newFile()];
    const code = `${copies}
      const { readFileSync, writeFileSync } = require('node:fs');
      const isolation = '${isolation}';
      (async () => {
        const sessions = [];
        for (const file of ${JSON.stringify(files)}) sessions.push({ file, session: await load()({ file, isolation }) });
        for (const [index, { file, session }] of sessions.entries()) {
          writeFileSync(file, readFileSync(file, 'utf8').replace('#ff0000', index === 0 ? '#00ff00' : '#0000ff'));
          const { tier } = await session.reload();
          const pictures = [];
          for (const { session } of sessions) pictures.push((await session.snapshot()).data.toString('base64'));
          console.log(JSON.stringify({ tier, pictures }));
        }
        for (const { session } of sessions) await session.close();
      })();`;
    const shown = (await node(code, 'commonjs')) as { tier: string; pictures: string[] }[];
    const colors = shown.map(({ pictures }) => pictures.map((data) => new Picture(Buffer.from(data, 'base64')).pixel(0, 0)));
    expect(colors).toEqual([
      ['#00ff00', '#ff0000'],
      ['#00ff00', '#0000ff'],
    ]);
    // A process has one store: the second session compiles.
    expect(shown.map(({ tier }) => tier)).toEqual(isolation === 'process' ? ['literal', 'literal'] : ['literal', 'structural']);
  });

  it('under Jest', async () => {
    const session = await openSession({ file: newFile(), isolation });
    expect(await session.call('answer')).toBe(41);
    expect(session.agent === null).toBe(isolation === 'in-process');
  });
});
