import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Fixture } from './fixture';
import { toolchain, toolEnvironment } from './fixture';

/**
 * Compiles Swift files as one module, each to an object of its own, in the order of the files. Next to each lies its dependency file,
 * `dependenciesOf`. `only`: compiles these of the files.
 */
export function compileSwift(
  fixture: Fixture,
  module: string,
  files: readonly string[],
  flags: readonly string[] = [],
  only = files,
): string[] {
  const { frontend, resourceDirectory, triple } = toolchain();
  const sources = files.map((file) => fixture.path(file));
  const primaries = only.map((file) => fixture.path(file));
  return primaries.map((source) => {
    const object = source.replace(/\.swift$/, '.o');
    const inputs = sources.flatMap((other) => (other === source ? ['-primary-file', other] : [other]));
    const common = ['-target', triple, '-resource-dir', resourceDirectory, '-module-name', module, '-parse-as-library', '-Onone'];
    const outputs = ['-emit-reference-dependencies-path', dependenciesOf(object), '-o', object];
    run(frontend, ['-frontend', '-c', ...inputs, ...common, ...flags, ...outputs]);
    return object;
  });
}

/** The compiler's dependency file that was written with an object of `compileSwift`. */
export function dependenciesOf(object: string): string {
  return object.replace(/\.o$/, '.swiftdeps');
}

/** Compiles a C or C++ file to an object for a JIT. */
export function compileC(fixture: Fixture, file: string, flags: readonly string[] = []): string {
  const object = `${fixture.path(file)}.o`;
  run(path.extname(file) === '.c' ? 'cc' : 'c++', ['-c', '-fPIC', ...flags, fixture.path(file), '-o', object]);
  return object;
}

/** Links a C file to a shared library, or Swift's objects to one. */
export function buildLibrary(fixture: Fixture, inputs: readonly string[], library: string): string {
  run('cc', ['-shared', '-fPIC', ...inputs.map((input) => fixture.path(input)), '-o', fixture.path(library)]);
  return fixture.path(library);
}

/** An environment that has a library loaded before all others, but for what is preloaded already: a sanitizer's runtime comes first. */
export function preloading(library: string): { LD_PRELOAD: string } {
  return { LD_PRELOAD: [process.env.LD_PRELOAD, library].filter(Boolean).join(':') };
}

function run(tool: string, args: readonly string[]): void {
  execFileSync(tool, args, { stdio: ['ignore', 'pipe', 'pipe'], env: toolEnvironment });
}
