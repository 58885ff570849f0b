/** What an SVG says of its own size. */
export interface SvgSize {
  /** Whether it has a width or a height other than a share of what it is put into. */
  hasLength: boolean;
  /** Width and height of its `viewBox`, if both are above 0. */
  box?: { width: number; height: number };
}

const attribute = /\s+([^\s=>/"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;

/** Reads the first tag of an SVG. `source`: as Latin-1, since what is looked at is ASCII, and decoding UTF-8 takes longer than the search. */
export function readSvgSize(source: string): SvgSize {
  const attributes = attributesOfRoot(source);
  const hasLength = ['width', 'height'].some((name) => isLength(attributes.get(name)));
  const [, , width = 0, height = 0] =
    attributes
      .get('viewBox')
      ?.trim()
      .split(/[\s,]+/, 4)
      .map(Number) ?? [];
  return width > 0 && height > 0 ? { hasLength, box: { width, height } } : { hasLength };
}

function isLength(value = ''): boolean {
  const number = /^\s*[\d.]+\s*(%?)/.exec(value);
  return number !== null && number[1] === '';
}

function attributesOfRoot(source: string): Map<string, string> {
  const found = new Map<string, string>();
  const name = /<(?:\w+:)?svg\b/y;
  name.lastIndex = startOfRoot(source);
  if (!name.test(source)) return found;
  attribute.lastIndex = name.lastIndex;
  for (let match = attribute.exec(source); match !== null; match = attribute.exec(source)) {
    const [, key = '', quoted, apostrophed = ''] = match;
    found.set(key, quoted ?? apostrophed);
  }
  return found;
}

/** Behind declarations, comments and instructions. */
function startOfRoot(source: string): number {
  const ends: [start: string, end: string][] = [
    ['<!--', '-->'],
    ['<?', '?>'],
    ['<!', '>'],
  ];
  let at = source.indexOf('<');
  for (;;) {
    const other = ends.find(([start]) => source.startsWith(start, at));
    if (at < 0 || other === undefined) return Math.max(at, 0);
    const end = source.indexOf(other[1], at + other[0].length);
    at = end < 0 ? -1 : source.indexOf('<', end);
  }
}
