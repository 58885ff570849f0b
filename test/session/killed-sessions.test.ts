import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { SessionOptions } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { Picture } from '../support/picture';
import { copyPreviewKit, needPreviewKit } from '../support/preview-kit';
import { processes } from '../support/processes';
import { colorPreview, openSession } from '../support/session';
import { first } from '../support/tier';

needPreviewKit();

const library = path.join(__dirname, '..', '..', 'dist', 'index.js');

/** Opens a session in a process of its own, which kills itself some milliseconds after it began with a phase. */
async function killIn(phase: string, delay: number, options: SessionOptions, env: NodeJS.ProcessEnv = {}): Promise<NodeJS.Signals | null> {
  const script = `
    const onProgress = (progress) => {
      if (progress.phase === ${JSON.stringify(phase)}) setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${delay});
    };
    require(${JSON.stringify(library)}).createSession({ ...${JSON.stringify(options)}, onProgress }).then(async (session) => {
      session.on('progress', onProgress);
      await session.idle();
      await session.close();
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore', env: { ...process.env, HOTSWIFT_SPLIT_FROM: '0', ...env } });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal;
}

describe('a process that is killed', () => {
  const fixture = new Fixture();
  const shade = (color: string) => `struct Model { var shade: String { "${color}" } }\n`;
  const model = fixture.write('Model.swift', shade('#00ff00'));
  const file = fixture.write('View.swift', colorPreview('\\(Model().shade)'));
  const others = Array.from({ length: 20 }, (_, index) =>
    fixture.write(`Other${index}.swift`, `struct Other${index} { var next: Int { ${index} } }\n`),
  );
  const module = { name: 'App', sources: [model, file, ...others] };
  const phases = [
    'compiling',
    'compiling the rest of the module',
    'linking the stable library',
    'merging modules',
    'keeping the module for later sessions',
  ];

  first(2).it.each([0, 5, 60].flatMap((delay) => phases.map((phase): [string, number] => [phase, delay])))(
    'while it is %s, after %d ms, leaves a cache that the next one can use',
    async (phase, delay) => {
      const cacheDirectory = fixture.path(`cache ${phase} ${delay}`);
      copyPreviewKit(cacheDirectory);
      fixture.write('Model.swift', shade('#00ff00'));
      const signal = await killIn(phase, delay, { file, module, cacheDirectory });
      // What takes less time than the delay ends by itself.
      if (delay === 0) expect(signal).toBe('SIGKILL');
      fixture.write('Model.swift', shade('#0000ff'));
      const session = await openSession({ file, module, cacheDirectory });
      expect(session.error).toBeNull();
      expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#0000ff');
      fixture.write('Model.swift', shade('#ff00ff'));
      await session.reload();
      expect(new Picture((await session.snapshot()).data).pixel(1, 1)).toBe('#ff00ff');
    },
  );

  first(1).it.each(['compiling', 'compiling the rest of the module'])('while it is %s, leaves no process and no file', async (phase) => {
    const temporary = fixture.path(`temporary ${phase}`);
    mkdirSync(temporary);
    const cacheDirectory = fixture.path(`cache ${phase}`);
    copyPreviewKit(cacheDirectory);
    expect(await killIn(phase, 50, { file, module, cacheDirectory }, { TMPDIR: temporary })).toBe('SIGKILL');
    while (processes().some(({ command }) => command.includes(temporary)) || readdirSync(temporary).length > 0) await setTimeout(10);
  });
});
