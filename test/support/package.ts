import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Fixture, swiftc, toolEnvironment } from './fixture';

/** Milliseconds, less than a test has. */
const longest = 50_000;

export const root = path.join(__dirname, '..', '..');

/** The prebuilt binary of this machine, as it is published. */
export const prebuilt = path.join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'hotswift.glibc.node');

/** Brings what third_party/manifest.json pins under these names; tells where each is. */
export function bringThirdParty(...names: string[]): (name: string) => string {
  execFileSync(process.execPath, [path.join(root, 'scripts', 'third-party.mjs'), ...names], { stdio: 'pipe' });
  return (name) => path.join(root, 'third_party', name);
}

/** Packs what is published into a folder; the tarball's path. */
export function pack(into: string): string {
  const built = path.join(root, 'build-cmake', 'Release', 'hotswift.node');
  if (!existsSync(prebuilt) || statSync(prebuilt).mtimeMs < statSync(built).mtimeMs) {
    throw new Error(`${prebuilt} is not what was built last: npm run build:prebuilds`);
  }
  return packFolder(root, into);
}

/** What `npm pack --json` says of a package: in a list until npm 11, from npm 12 on by its name. */
export function packedPackage(output: string): { filename: string; files: { path: string }[] } {
  const [packed] = Object.values(JSON.parse(output) as Record<string, { filename: string; files: { path: string }[] }>);
  if (packed === undefined) throw new Error(`npm has packed nothing: ${output}`);
  return packed;
}

/** Packs the package that is in a folder. */
export function packFolder(folder: string, into: string): string {
  const packed = execFileSync('npm', ['pack', folder, '--json', '--ignore-scripts', '--pack-destination', into], {
    encoding: 'utf8',
    cwd: into,
  });
  return path.join(into, packedPackage(packed).filename);
}

/** A folder with a package.json, into which packages can be installed as a user does. */
export class Project extends Fixture {
  constructor() {
    super({ 'package.json': JSON.stringify({ name: 'project', version: '1.0.0' }) }, 'project');
  }

  /** Runs a package manager where there is nothing but Node: no compiler, no CMake, no Python. */
  async install(program: string, args: string[], node = process.execPath): Promise<void> {
    await this.#run(program, args, this.#pathWith({ node, npm: which('npm') }));
  }

  /** Runs a script with a host, where there are Node, Swift and the linker that Swift needs. Resolves with its standard output. */
  run(host: string, args: string[]): Promise<string> {
    return this.#run(host, args, this.#pathOfUser());
  }

  /** Starts a script; `next` resolves with the next line that it prints. */
  start(host: string, args: string[]): { next(): Promise<string>; end(): Promise<void> } {
    const child = spawn(host, args, {
      cwd: this.folder,
      env: { ...toolEnvironment, PATH: this.#pathOfUser() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const ended = once(child, 'exit');
    return {
      async next() {
        const late = setTimeout(() => child.kill('SIGKILL'), longest);
        const { value, done } = await lines.next();
        clearTimeout(late);
        if (done) throw new Error(`${host} ended, or said nothing for ${longest} ms: ${complaints}`);
        return value;
      },
      async end() {
        child.kill();
        await ended;
      },
    };
  }

  async #run(program: string, args: string[], PATH: string): Promise<string> {
    const { stdout } = await promisify(execFile)(program, args, {
      cwd: this.folder,
      env: { ...toolEnvironment, PATH },
      timeout: longest,
      killSignal: 'SIGKILL',
    });
    return stdout;
  }

  #pathOfUser(): string {
    const swift = which(swiftc);
    const beside = path.join(path.dirname(swift), 'swift');
    return this.#pathWith({ node: process.execPath, swiftc: swift, swift: beside, ld: which('ld') });
  }

  /** A PATH on which there is a shell and what is named, nothing else. */
  #pathWith(programs: Record<string, string>): string {
    const folder = path.join(path.dirname(this.folder), Object.keys(programs).join('-'));
    mkdirSync(folder, { recursive: true });
    for (const [name, target] of Object.entries({ sh: which('sh'), env: which('env'), ...programs })) {
      rmSync(path.join(folder, name), { force: true });
      symlinkSync(target, path.join(folder, name));
    }
    return folder;
  }
}

/** The code of the README's first example. */
export function readmeExample(): { javascript: string; swift: string } {
  const text = readFileSync(path.join(root, 'README.md'), 'utf8');
  const block = (language: string): string => {
    const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(text)?.[1];
    if (found === undefined) throw new Error(`README.md has no ${language}`);
    return found;
  };
  return { javascript: block('js'), swift: block('swift') };
}

/** An ES module's text, as what a CommonJS user would write. */
export function asCommonJs(module: string): string {
  const required = module.replace(/^import (\{.*\}) from ('.*');$/gm, 'const $1 = require($2);');
  return `(async () => {\n${required}\n})();\n`;
}

/** The path of a program. */
export function which(program: string): string {
  return execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' }).trim();
}
