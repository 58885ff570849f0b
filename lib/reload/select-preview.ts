import { HotswiftError } from '../errors.js';
import type { PreviewInfo } from '../types.js';

/** The preview that an index or a name means. Throws ERR_HOTSWIFT_PREVIEW, with the names there are, if there is none or more than one. */
export function selectPreview(previews: readonly PreviewInfo[], wanted: number | string): PreviewInfo {
  const names = previews.map(({ name }) => name);
  const matches = previews.filter(({ index, name }) => (typeof wanted === 'number' ? index === wanted : name === wanted));
  const [match] = matches;
  if (match !== undefined && matches.length === 1) return match;
  throw new HotswiftError('ERR_HOTSWIFT_PREVIEW', explain(matches, names, wanted), { names });
}

function explain(matches: readonly PreviewInfo[], names: readonly string[], wanted: number | string): string {
  if (names.length === 0) {
    return 'the file has no preview: declare one with `#Preview("Name") { … }`';
  }
  const list = names.map((name, index) => `${index} "${name}"`).join(', ');
  if (matches.length > 1) {
    return `${matches.length} previews are named "${wanted}": choose one by its index, ${matches.map(({ index }) => index).join(' or ')}`;
  }
  return `there is no preview ${typeof wanted === 'number' ? wanted : `"${wanted}"`}; there are ${list}`;
}
