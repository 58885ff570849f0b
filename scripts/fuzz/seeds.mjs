// What the fuzzers start from: files that compilers made of small sources, each for the sake of what it brings into an object. Small, since
// most of a larger object is code and data, which nothing that is fuzzed reads.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onInterrupt, run } from '../child-process.mjs';

/** @type {Record<string, { text: string, variants: string[][] }>} */
const sources = {
  'Shapes.swift': {
    text: `
      protocol Shape { var sides: Int { get } }
      struct Square: Shape { var width: Double; var sides: Int { 4 } }
      enum Colour: Error { case red, named(String) }
      extension Int: @retroactive Error {}
      func paint(_ shape: some Shape) throws -> Int { if shape.sides > 3 { throw Colour.named("blue") }; return shape.sides }`,
    variants: [[], ['-O'], ['-g']],
  },
  'Classes.swift': {
    text: `
      class Base<Value> { var value: Value; init(_ value: Value) { self.value = value }; func get() -> Value { value } }
      final class Derived: Base<Int> { override func get() -> Int { 3 } }
      let shared = Derived(4)`,
    variants: [[]],
  },
  'Tasks.swift': {
    text: `
      actor Counter { var count = 0; func up() async -> Int { count += 1; return count } }
      func twice(_ counter: Counter) async -> Int { await counter.up() + counter.up() }`,
    variants: [[], ['-O']],
  },
  'Paths.swift': {
    text: `
      struct Point { var x = 0.0 }
      let path: WritableKeyPath<Point, Double> = \\.x
      dynamic func replaceable() -> Int { 1 }
      @_dynamicReplacement(for: replaceable) func replacement() -> Int { 2 }
      func opaque() -> some Equatable { path }`,
    variants: [[]],
  },
  'Libraries.swift': {
    text: `
      import Dispatch
      import Foundation
      func later(_ work: @escaping @Sendable () -> Void) { DispatchQueue.main.async { work() } }
      func words(_ text: String) -> [String] { text.components(separatedBy: " ") }`,
    variants: [[], ['-gline-tables-only']],
  },
  'plain.c': {
    text: `
      int variable = 3, common;
      static int zeros[64];
      int elsewhere(int);
      __attribute__((weak)) int maybe(void);
      __attribute__((constructor)) static void construct(void) { common = 1; }
      int plain(void) { return elsewhere(variable) + common + zeros[3] + (maybe ? maybe() : 0); }`,
    variants: [
      ['-fcommon'],
      ['-fcommon', '-ffunction-sections', '-fdata-sections', '-g'],
      ['-fno-pic', '-mcmodel=large'],
      ['-O2', '-fno-plt'],
    ],
  },
  'thrower.cpp': {
    text: `
      #include <stdexcept>
      struct Base { virtual ~Base() {} virtual int value() { return 1; } };
      thread_local int depth = 1;
      static thread_local long zeros;
      inline Base shared;
      int thrower(int count) {
        try { if (count > 2) throw std::runtime_error("deep"); return shared.value() + ++depth + zeros; }
        catch (const std::exception &) { return 2; }
      }`,
    variants: [['-O1'], ['-O1', '-fdata-sections', '-g1']],
  },
  'locals.cpp': {
    text: `
      static thread_local char first = 1;
      static thread_local long zeros, more;
      long locals() { return ++first + ++zeros + more++; }`,
    variants: [['-O2'], ['-O2', '-fdata-sections']],
  },
};

/**
 * Texts for what reads sources: what nests or repeats is to be nested and repeated further. A thousand bytes of each, since a mutation copies parts of a seed.
 * @type {Record<string, string>}
 */
const texts = {
  'comments.swift': `func f() { g(12) }${'//\n'.repeat(300)}`,
  'blocks.swift': `func f() { g(12)${'/*/**/*/'.repeat(100)}\n}`,
  'chain.swift': `func f() { x = a${'.b(1) { 2 }[3]!'.repeat(60)} }`,
  'deep.swift': `func f() { ${'if a { f([{ g(('.repeat(60)}12${')) }]) }'.repeat(60)} }`,
  'branches.swift': `func f() { if a == 0 { 1 }${' else if a == 1 { b ? 2 : 3 }'.repeat(30)} }`,
  'generics.swift': `let x: ${'A<[B?]>.C<'.repeat(60)}D${'>'.repeat(60)}\nfunc f() { ${'A<'.repeat(60)}B${'>'.repeat(60)}(1) }`,
  'interpolations.swift': `func f() { ${'"\\('.repeat(100)}12${')"'.repeat(100)}; #"\\#("""\n\\("a")\n""")"# }`,
  'conditions.swift': `${'#if A\nfunc f() { 1 }\n'.repeat(20)}${'#endif\n'.repeat(20)}`,
  'operators.swift': `func f() { x = ${'! - ~ ?? < '.repeat(40)}a }`,
  'attributes.swift': `${'@a(1) public '.repeat(40)}func f(${'a: Int = 1, '.repeat(20)}b: C) { 12 }`,
  'not-text.swift': `func f() { "\0\x01" } \xff\xfe\xed\xa0\x80 let a = "\0`,
};

/**
 * Compiles the sources into seeds.
 * @param {{ frontend: string, resources: string, triple: string }} swift
 * @param {Record<string, string>} folders where the seeds of a kind go, by the end of their names; what was there is removed
 */
export async function makeSeeds(swift, folders) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'hotswift-fuzz-'));
  const cleanUp = () => rmSync(scratch, { recursive: true, force: true });
  const release = onInterrupt(cleanUp);
  try {
    for (const [name, { text, variants }] of Object.entries(sources)) {
      writeFileSync(path.join(scratch, name), text);
      for (const [index, flags] of variants.entries()) await compile(swift, scratch, name, `${name}-${index}`, flags);
    }
    for (const name of readdirSync(scratch).filter((name) => name.endsWith('.o'))) {
      // The first byte says that it is an object.
      writeFileSync(path.join(scratch, `${name}.code`), Buffer.concat([Buffer.from([1]), readFileSync(path.join(scratch, name))]));
    }
    await run('cc', ['-shared', '-g', '-fPIC', 'plain.c', '-o', 'library.so'], { cwd: scratch });
    writeFileSync(path.join(scratch, 'library.code'), Buffer.concat([Buffer.from([0]), readFileSync(path.join(scratch, 'library.so'))]));
    writeFileSync(path.join(scratch, 'crash.record'), crashRecord());
    for (const [name, text] of Object.entries(texts)) writeFileSync(path.join(scratch, name), text, 'latin1');
    for (const [extension, folder] of Object.entries(folders)) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const name of readdirSync(scratch).filter((name) => name.endsWith(extension))) {
        writeFileSync(path.join(folder, name), readFileSync(path.join(scratch, name)));
      }
    }
  } finally {
    release();
    cleanUp();
  }
}

function compile({ frontend, resources, triple }, folder, source, output, flags) {
  if (!source.endsWith('.swift')) {
    return run(source.endsWith('.c') ? 'cc' : 'c++', ['-c', '-fPIC', ...flags, source, '-o', `${output}.o`], { cwd: folder });
  }
  const module = path.basename(source, '.swift');
  const common = ['-target', triple, '-resource-dir', resources, '-module-name', module, '-parse-as-library'];
  const outputs = ['-emit-reference-dependencies-path', `${output}.swiftdeps`, '-o', `${output}.o`];
  return run(frontend, ['-frontend', '-c', '-primary-file', source, ...common, ...flags, ...outputs], { cwd: folder });
}

/** A state, a stack and mappings in one half, an object in the other: see native/fuzz/crash_record_fuzzer.cpp and native/crash_record.h. */
function crashRecord() {
  const maps = Buffer.from(
    '7f0000000000-7f0000001000 r-xp 00001000 fe:00 77 /usr/lib/libc.so.6\n7f0000002000-7f0000003000 r-xp 0 0 0 [vdso]\n',
  );
  const stack = Buffer.alloc(64, 1);
  const path = Buffer.from('/tmp/input.o');
  const object = Buffer.concat([Buffer.alloc(16), Buffer.alloc(24, 2), path]);
  object.writeUInt32LE(path.length, 4);
  object.writeBigUInt64LE(1n, 8);
  const state = Buffer.alloc(8 + 17 * 8 + 24);
  state.writeBigUInt64LE(BigInt(8 + object.length), 0);
  for (let index = 0; index < 17; index += 1) state.writeBigUInt64LE(0x7f0000000000n + BigInt(index), 8 + index * 8);
  state.writeBigUInt64LE(0x7f0000000000n, 144);
  state.writeBigUInt64LE(BigInt(stack.length), 152);
  state.writeBigUInt64LE(BigInt(maps.length), 160);
  const present = Buffer.concat([state, stack, maps]);
  return Buffer.concat([present, object, Buffer.alloc(present.length - object.length)]);
}
