import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { Fixture, toolchain } from '../support/fixture';
import { colorPreview, openSession } from '../support/session';
import { full } from '../support/tier';

const forecast = `
struct Forecast {
  var degrees: [Int]
  func highest() -> Int {
    let highest = degrees.max() ?? 0
    return highest
  }
}
@_cdecl("entry") func entry() -> Int32 { Int32(Forecast(degrees: [3, 9, 4]).highest()) }
`;

/** The toolchain's own lldb knows Swift. */
function findLldb(): string {
  const lldb = path.join(path.dirname(realpathSync(toolchain().frontend)), 'lldb');
  if (!existsSync(lldb)) throw new Error(`the toolchain has no ${lldb}`);
  return lldb;
}

/** Runs lldb in batch mode; `onLine` sees what it prints, whole lines. */
function runLldb(commands: string[], onLine: (line: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ['--no-lldbinit', '--batch', ...commands.flatMap((command) => ['--one-line', command])];
    const child = spawn(findLldb(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let seen = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const lines = output.split('\n');
      for (; seen < lines.length - 1; seen += 1) onLine(lines[seen]);
    });
    child.on('error', reject).on('close', () => resolve(output));
  });
}

describe('with debug, a debugger that is attached to the agent', () => {
  it('stops in Swift code of the newest generation, and shows frames, lines and variables', async () => {
    const fixture = new Fixture();
    const file = fixture.write('Card.swift', colorPreview('#ff0000', forecast));
    const session = await openSession({ file, debug: true });
    fixture.write('Card.swift', colorPreview('#00ff00', `// A line more.\n${forecast}`));
    await session.reload();

    const line = colorPreview('', `// A line more.\n${forecast}`).split('\n').indexOf('    return highest') + 1;
    let answer: Promise<number> | undefined;
    const output = await runLldb(
      [
        'settings set plugin.jit-loader.gdb.enable on',
        `process attach --pid ${session.agent?.pid}`,
        `breakpoint set --file Card.swift --line ${line}`,
        'continue',
        'thread backtrace --count 2',
        'frame variable highest',
        'detach',
      ],
      (printed) => {
        // The process runs on from here: what is called waits until it does.
        if (printed.startsWith('Breakpoint 1')) answer = session.call('entry');
      },
    );
    expect(output).toMatch(new RegExp(`frame #0: .*Forecast\\.highest\\(.* at Card\\.swift:${line}:`));
    expect(output).toMatch(new RegExp(`frame #1: .*entry\\(.* at Card\\.swift:${line + 3}:`));
    expect(output).toContain('(Int) highest = 9');
    expect(await answer).toBe(9);
  });

  full.it('is told nothing without it', async () => {
    const file = new Fixture().write('Card.swift', colorPreview('#ff0000', forecast));
    const session = await openSession({ file });
    const output = await runLldb(
      ['settings set plugin.jit-loader.gdb.enable on', `process attach --pid ${session.agent?.pid}`, 'image list', 'detach'],
      () => {},
    );
    expect(output).toMatch(/Process \d+ detached/);
    expect(output).not.toContain('JIT(');
  });
});
