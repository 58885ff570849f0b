import type { ModuleOptions } from '../../lib/index.js';
import type { Fixture } from './fixture';

/** Below it, each C module has a folder of its name with headers and a module.modulemap. */
const headers = 'headers';

/** The module that texts are, by file name, where they have been written to: its Swift files, and what they import. */
export function moduleOfTexts(name: string, fixture: Fixture, texts: Record<string, string>): ModuleOptions {
  const files = Object.keys(texts);
  const flags = ['-swift-version', '5', '-package-name', 'tests'];
  const importPaths = files.some(isOfHeaders) ? [fixture.path(headers)] : [];
  return { name, sources: files.filter((file) => !isOfHeaders(file)).map((file) => fixture.path(file)), flags, importPaths };
}

/** Whether a text is part of a C module. */
export function isOfHeaders(file: string): boolean {
  return file.startsWith(`${headers}/`);
}
