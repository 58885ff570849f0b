import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { loadAddon, type NativeEngine } from '../../lib/reload/native.js';
import { header, sectionFlag, sectionNamed, sectionsOf, sectionType, symbolNamed } from '../support/elf';
import { Fixture, toolchain } from '../support/fixture';
import { buildLibrary, compileC, compileSwift } from '../support/swift-objects';

const arm64 = 183;
const wideRelocation = 1;
const sizeRelocation = 33;

describe('an object that is corrupt, truncated or foreign is an error that names the file, and the engine goes on', () => {
  let engine: NativeEngine;
  let fixture: Fixture;
  let good: string;
  let bytes: Buffer;
  beforeAll(() => {
    engine = new (loadAddon().Engine)(toolchain().runtimeLibraries);
    fixture = new Fixture({
      'Good.swift': '@_cdecl("good") func good() -> Int32 { [1, 4, 6].reduce(0, +) }',
      'Shape.swift': 'struct Shape { var sides = 4 }',
      'debugged.c': 'int debugged(void) { return 5; }',
      'plain.c': 'int variable = 3; extern int elsewhere(int); int plain(void) { return elsewhere(variable); }',
    });
    good = compileSwift(fixture, 'Good', ['Good.swift'])[0];
    bytes = readFileSync(compileC(fixture, 'plain.c'));
  });
  afterEach(async () => {
    expect(engine.call(await engine.addGeneration([good], []), 'good')).toBe(11);
  });

  /** The error of a generation that holds the file, after a good one. */
  async function refusal(file: string): Promise<{ kind: string; message: string }> {
    try {
      await engine.addGeneration([good, file], []);
    } catch (error) {
      const { kind, message } = error as Error & { kind: string };
      expect(message).toContain(file);
      return { kind, message: message.replace(`${file}: `, '') };
    }
    throw new Error(`${file} was linked`);
  }

  const patched = (change: (copy: Buffer) => void, original = bytes): string => {
    const copy = Buffer.from(original);
    change(copy);
    return fixture.write('patched.o', copy);
  };

  const refused: Record<string, [make: () => string, message: string]> = {
    'is missing': [() => fixture.path('missing.o'), 'cannot be read: No such file or directory'],
    'is a directory': [
      () => {
        mkdirSync(fixture.path('folder.o'));
        return fixture.path('folder.o');
      },
      'cannot be read: Is a directory',
    ],
    'is empty': [() => fixture.write('empty.o', ''), 'is not an object file'],
    'is text': [() => fixture.write('text.o', 'func answer() -> Int32 { 42 }\n'), 'is not an object file'],
    'ends within its header': [() => fixture.write('short.o', bytes.subarray(0, 40)), 'is truncated'],
    'is for another processor': [
      () => patched((copy) => copy.writeUInt16LE(arm64, header.machine)),
      'was compiled for another architecture, this process is x86_64',
    ],
    'is for 32 bits': [() => patched((copy) => copy.writeUInt8(1, header.class)), 'is not a 64-bit little-endian object'],
    'is for the other byte order': [() => patched((copy) => copy.writeUInt8(2, header.class + 1)), 'is not a 64-bit little-endian object'],
    'is LLVM bitcode': [
      () => fixture.write('bitcode.o', Buffer.from('BC\xc0\xde5\x14\0\0', 'latin1')),
      'is not an object file of this platform',
    ],
    'is an object of macOS': [
      () =>
        fixture.write('mach.o', Buffer.concat([Buffer.from('cffaedfe07000001030000000100000000000000000000000000000000000000', 'hex')])),
      'is not an object file of this platform',
    ],
    'has no sections': [() => patched((copy) => copy.writeUInt16LE(0, header.sections)), 'has no section table'],
    'has no names for its sections': [() => patched((copy) => copy.writeUInt16LE(0, header.names)), 'has no section names'],
    'is a shared library': [
      () => buildLibrary(fixture, ['plain.c'], 'libplain.so'),
      'is not a relocatable object file (an executable or a shared library cannot be linked again)',
    ],
    'is an archive': [
      () => {
        execFileSync('ar', ['rc', fixture.path('plain.a'), fixture.path('plain.c.o')]);
        return fixture.path('plain.a');
      },
      'is an archive, not an object file',
    ],
    'has a relocation that reaches over the end of its section': [
      () => patched((copy) => copy.writeBigUInt64LE(BigInt(sectionNamed(copy, '.text').size - 3), sectionNamed(copy, '.rela.text').offset)),
      'has a relocation outside of its section',
    ],
    'relaxes an instruction in front of its section': [
      () => patched((copy) => copy.writeBigUInt64LE(1n, sectionNamed(copy, '.rela.text').offset)),
      'has a relocation outside of its section',
    ],
    'has relocations of zero-filled memory': [
      () => patched((copy) => copy.writeUInt32LE(sectionType.zeroFilled, sectionNamed(copy, '.text').header + 4)),
      'has relocations of a section without contents',
    ],
    'patches eight bytes with the size of a symbol where four are left': [
      () =>
        patched((copy) => {
          const relocation = sectionNamed(copy, '.rela.text').offset;
          copy.writeBigUInt64LE(BigInt(sectionNamed(copy, '.text').size - 4), relocation);
          copy.writeUInt32LE(sizeRelocation, relocation + 8);
        }),
      'has a relocation outside of its section',
    ],
    'has zeros that are not loaded': [
      () => patched((copy) => copy.writeBigUInt64LE(0n, sectionNamed(copy, '.bss').header + 8)),
      'has a zero-filled section that is not loaded',
    ],
    'has a section where its symbols are': [
      () =>
        patched((copy) => copy.writeBigUInt64LE(BigInt(sectionNamed(copy, '.symtab').offset), sectionNamed(copy, '.comment').header + 24)),
      'has sections that overlap each other',
    ],
    'has its section table where a section is': [
      () =>
        patched((copy) => copy.writeBigUInt64LE(BigInt(sectionNamed(copy, '.symtab').header), sectionNamed(copy, '.comment').header + 24)),
      'has sections that overlap each other',
    ],
    'has a first symbol that is one': [
      () => patched((copy) => copy.writeUInt16LE(1, sectionNamed(copy, '.symtab').offset + 6)),
      'has a symbol table that does not begin with a null symbol',
    ],
    'has a first symbol with a name': [
      () => patched((copy) => copy.write('x', sectionNamed(copy, '.strtab').offset)),
      'has a symbol table that does not begin with a null symbol',
    ],
    'takes its symbols for linker flags': [
      () =>
        patched((copy) => {
          const [symbols, flags] = ['.symtab', '.swift1_autolink_entries'].map((name) => sectionNamed(copy, name));
          copy.copy(copy, symbols.header, flags.header, flags.header + 4);
        }, readFileSync(good)),
      'has linker flags in a section of another kind',
    ],
    'has a symbol past the end of its section': [
      () => patched((copy) => copy.writeBigUInt64LE(1000n, symbolNamed(copy, 'plain').entry + 8)),
      'has a symbol that starts past the end of its section',
    ],
    'asks for an absurd alignment': [
      () => patched((copy) => copy.writeBigUInt64LE(1n << 40n, sectionNamed(copy, '.data').header + 48)),
      'has a section with an impossible alignment',
    ],
    'asks for more zeros than there is memory': [
      () => patched((copy) => copy.writeBigUInt64LE(1n << 45n, sectionNamed(copy, '.bss').header + 32)),
      'has an impossibly large section',
    ],
    'has unwind information that refers to itself': [
      // One more than the distance to the section's start.
      () => patched((copy) => copy.writeUInt32LE(0x1d, sectionNamed(copy, '.eh_frame').offset + 0x1c)),
      'has damaged unwind information',
    ],
    'relocates more of its unwind information than the pointers': [
      () =>
        patched((copy) => {
          const unwinding = sectionsOf(copy).findIndex(({ name }) => name === '.eh_frame');
          copy.writeUInt32LE(unwinding, sectionNamed(copy, '.rela.text').header + 44);
        }),
      'has damaged unwind information',
    ],
    'relocates more than a pointer where one is in its unwind information': [
      () => patched((copy) => copy.writeUInt32LE(wideRelocation, sectionNamed(copy, '.rela.eh_frame').offset + 8)),
      'has damaged unwind information',
    ],
    'has unwind information that is not loaded': [
      () => patched((copy) => copy.writeBigUInt64LE(0n, sectionNamed(copy, '.eh_frame').header + 8)),
      'has unwind information that is not loaded',
    ],
    'encodes the pointers of its unwind information in no known way': [
      () => patched((copy) => copy.writeUInt8(0x7b, sectionNamed(copy, '.eh_frame').offset + 0x10)),
      'has damaged unwind information',
    ],
  };

  it.each(Object.entries(refused))('one that %s', async (_, [make, message]) => {
    expect(await refusal(make())).toEqual({ kind: 'object', message });
  });

  it('one whose symbols are bound in an unknown way, which only the linker notices', async () => {
    const file = patched((copy) => copy.writeUInt8(0x92, symbolNamed(copy, 'plain').entry + 4));
    const { kind, message } = await refusal(file);
    expect({ kind, message }).toEqual({ kind: 'link', message: expect.stringContaining('Unrecognized symbol binding 9 for plain') });
  });

  it('one whose Swift metadata is not loaded, which only the linker notices', async () => {
    const [object] = compileSwift(fixture, 'Shape', ['Shape.swift']);
    const file = patched((copy) => copy.writeBigUInt64LE(0n, sectionNamed(copy, 'swift5_fieldmd').header + 8), readFileSync(object));
    expect(await refusal(file)).toEqual({ kind: 'link', message: 'has Swift metadata (swift5_fieldmd) that is not loaded' });
  });

  const allOnes = 2n ** 64n - 1n;
  it.each([
    [
      'debug information at the end of all addresses',
      (copy: Buffer) => copy.writeBigUInt64LE(allOnes, sectionNamed(copy, '.debug_info').header + 16),
    ],
    [
      'a null section as large as all addresses',
      (copy: Buffer) => {
        const [none] = sectionsOf(copy);
        copy.writeBigUInt64LE(BigInt(sectionFlag.allocate), none.header + 8);
        copy.writeBigUInt64LE(allOnes, none.header + 32);
      },
    ],
  ])('one with %s is no error: it is not loaded', async (_, change) => {
    const original = readFileSync(compileC(fixture, 'debugged.c', ['-g']));
    const generation = await engine.addGeneration([patched(change, original)], []);
    expect(engine.call(generation, 'debugged')).toBe(5);
  });

  it('one that was cut off at any length', async () => {
    const whole = readFileSync(good);
    for (let part = 1; part < 32; ++part) {
      const file = fixture.write(`cut-${part}.o`, whole.subarray(0, Math.floor((whole.length * part) / 32)));
      expect((await refusal(file)).kind).toBe('object');
    }
  });
});
