import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder with files; it goes when the test file ends. */
export class Fixture {
  readonly folder: string;

  constructor(files: Record<string, string> = {}, name = 'fixture') {
    this.folder = path.join(realpathSync(mkdtempSync(path.join(tmpdir(), 'hotswift-test-'))), name);
    mkdirSync(this.folder);
    for (const [file, text] of Object.entries(files)) this.write(file, text);
    folders.push(path.dirname(this.folder));
  }

  path(file: string): string {
    return path.join(this.folder, file);
  }

  /** Saves a file; its absolute path. */
  write(file: string, text: string | Buffer): string {
    const target = this.path(file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
    return target;
  }
}

export interface Toolchain {
  frontend: string;
  resourceDirectory: string;
  runtimeLibraries: string[];
  triple: string;
}

/** For the tools of tests: what is preloaded into the addon's processes, a sanitizer's runtime, is not for compilers. */
export const toolEnvironment: NodeJS.ProcessEnv = { ...process.env, LD_PRELOAD: undefined };

/** The compiler that the tests use. */
export const swiftc = process.env.HOTSWIFT_SWIFTC || 'swiftc';

let known: Toolchain | undefined;

/** The Swift toolchain that the tests use: `swiftc` on PATH. */
export function toolchain(): Toolchain {
  if (known === undefined) {
    const info = JSON.parse(
      execFileSync(swiftc, ['-print-target-info'], {
        encoding: 'utf8',
        env: toolEnvironment,
      }),
    );
    const resourceDirectory: string = info.paths.runtimeResourcePath;
    known = {
      frontend: path.join(resourceDirectory, '..', '..', 'bin', 'swift-frontend'),
      resourceDirectory,
      runtimeLibraries: info.paths.runtimeLibraryPaths,
      triple: info.target.triple,
    };
  }
  return known;
}
