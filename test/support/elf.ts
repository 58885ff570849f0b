import { readFileSync } from 'node:fs';

export const header = { bytes: 64, class: 4, type: 16, machine: 18, sections: 60, names: 62 };
export const sectionType = { symbols: 2, names: 3, relocations: 4, zeroFilled: 8 };
export const sectionFlag = { write: 1, allocate: 2, execute: 4, threadLocal: 0x400 };

/** Of x86-64. */
export const relocationType = { TLSLD: 20, DTPOFF32: 21 };

const sectionHeaderBytes = 64;
const symbolBytes = 24;
const relocationBytes = 24;

export interface Section {
  name: string;
  type: number;
  flags: number;
  offset: number;
  size: number;
  /** Where its header stands in the file. */
  header: number;
}

export interface Symbol {
  name: string;
  value: number;
  size: number;
  section: Section | undefined;
  /** Where its entry stands in the file. */
  entry: number;
}

/** The sections of a 64-bit little-endian ELF object. */
export function sectionsOf(object: string | Buffer): Section[] {
  const bytes = typeof object === 'string' ? readFileSync(object) : object;
  const table = number(bytes, 0x28);
  const names = number(bytes, table + bytes.readUInt16LE(0x3e) * sectionHeaderBytes + 24);
  return Array.from({ length: bytes.readUInt16LE(0x3c) }, (_, index) => {
    const at = table + index * sectionHeaderBytes;
    return {
      name: text(bytes, names + bytes.readUInt32LE(at)),
      type: bytes.readUInt32LE(at + 4),
      flags: number(bytes, at + 8),
      offset: number(bytes, at + 24),
      size: number(bytes, at + 32),
      header: at,
    };
  });
}

/** The symbols of an object, those without a name excepted. */
export function symbolsOf(object: string | Buffer): Symbol[] {
  const bytes = typeof object === 'string' ? readFileSync(object) : object;
  const sections = sectionsOf(bytes);
  const table = sections.find((section) => section.type === sectionType.symbols);
  if (table === undefined) return [];
  const names = sections[bytes.readUInt32LE(table.header + 40)]?.offset ?? 0;
  return Array.from({ length: table.size / symbolBytes }, (_, index) => {
    const entry = table.offset + index * symbolBytes;
    return {
      name: text(bytes, names + bytes.readUInt32LE(entry)),
      value: number(bytes, entry + 8),
      size: number(bytes, entry + 16),
      section: sections[bytes.readUInt16LE(entry + 6)],
      entry,
    };
  }).filter((symbol) => symbol.name !== '');
}

/** The relocations of an object, and where their entries stand in the file. */
export function relocationsOf(object: string | Buffer): { type: number; entry: number }[] {
  const bytes = typeof object === 'string' ? readFileSync(object) : object;
  return sectionsOf(bytes)
    .filter(({ type }) => type === sectionType.relocations)
    .flatMap(({ offset, size }) => Array.from({ length: size / relocationBytes }, (_, index) => offset + index * relocationBytes))
    .map((entry) => ({ type: bytes.readUInt32LE(entry + 8), entry }));
}

export function sectionNamed(object: string | Buffer, name: string): Section {
  return named(sectionsOf(object), name);
}

export function symbolNamed(object: string | Buffer, name: string): Symbol {
  return named(symbolsOf(object), name);
}

/** The symbols that reach over the end of their section. */
export function oversizedSymbols(object: string | Buffer): string[] {
  return symbolsOf(object)
    .filter(({ value, size, section }) => section !== undefined && section.type !== 0 && value + size > section.size)
    .map((symbol) => symbol.name);
}

/** The permissions of the loaded sections of a name. */
export function permissionsOf(object: string | Buffer, name: string): string[] {
  const found = sectionsOf(object).filter((section) => section.name === name && section.flags & sectionFlag.allocate);
  return [...new Set(found.map(({ flags }) => `${flags & sectionFlag.write ? 'w' : '-'}${flags & sectionFlag.execute ? 'x' : '-'}`))];
}

function named<Entry extends { name: string }>(entries: Entry[], name: string): Entry {
  const found = entries.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`the object has no ${name}`);
  return found;
}

function number(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

function text(bytes: Buffer, offset: number): string {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}
