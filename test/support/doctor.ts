import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

export const program = path.join(__dirname, '..', '..', 'dist', 'cli.js');
const run = promisify(execFile);

interface Finding {
  what: string;
  state: string;
  says: string;
  remedy?: string;
}

/** What `hotswift doctor` finds, and its exit code. */
export async function doctor(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ exitCode: number; findings: Map<string, Finding> }> {
  const { exitCode, stdout } = await run(process.execPath, [program, 'doctor', '--json', ...args], {
    env: { ...process.env, ...env },
  }).then(
    (result) => ({ ...result, exitCode: 0 }),
    (failure: { code: number; stdout: string }) => ({ ...failure, exitCode: failure.code }),
  );
  return { exitCode, findings: new Map((JSON.parse(stdout) as Finding[]).map((finding) => [finding.what, finding])) };
}
