import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SourceText } from '../edit/source-set.js';

/**
 * Writes texts to `folder` and a file for `-vfsoverlay` that makes the compiler read them under their users' paths: what is compiled is
 * then what was compared, whatever is saved meanwhile, and paths in `#file` and diagnostics stay the user's.
 *
 * Resolves with the path of the overlay. Format: LLVM's VirtualFileSystem.h, RedirectingFileSystem (JSON is YAML).
 */
export async function writeOverlay(folder: string, texts: Iterable<SourceText>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const roots = new Map<string, { name: string; type: 'file'; 'external-contents': string }[]>();
  const writes: Promise<void>[] = [];
  for (const { file, bytes } of texts) {
    const copy = path.join(folder, `${writes.length}.swift`);
    writes.push(writeFile(copy, bytes));
    const entries = roots.get(path.dirname(file)) ?? [];
    entries.push({ name: path.basename(file), type: 'file', 'external-contents': copy });
    roots.set(path.dirname(file), entries);
  }
  const overlay = path.join(folder, 'overlay.yaml');
  const description = {
    version: 0,
    'case-sensitive': true,
    'use-external-names': false,
    roots: [...roots].map(([name, contents]) => ({ name, type: 'directory', contents })),
  };
  await Promise.all([...writes, writeFile(overlay, JSON.stringify(description))]);
  return overlay;
}
