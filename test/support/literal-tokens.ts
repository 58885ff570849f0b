import type { Random } from './generated-module/index.cjs';

/** A literal of a Swift text, found without a parser: whether it can be edited is not for it to say. */
export interface LiteralToken {
  kind: 'integer' | 'float' | 'boolean' | 'string';
  start: number;
  text: string;
}

/** What has no literals in it, as far as edits go, and literals. A string with an interpolation is passed over. */
const tokens =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"""[\s\S]*?"""|(?<string>"(?:\\.|[^"\\\n])*")|(?<![\w.$#])(?:(?<float>\d[\d_]*\.\d[\d_]*(?:[eE][+-]?\d+)?)|(?<integer>0x[\da-fA-F_]+|0b[01_]+|0o[0-7_]+|\d[\d_]*)|(?<boolean>true|false))(?![\w.]*\w)/g;

export function literalTokens(text: string): LiteralToken[] {
  return [...text.matchAll(tokens)].flatMap(({ index, groups = {} }) => {
    const [kind, token] = Object.entries(groups).find(([, value]) => value !== undefined) ?? [];
    if (kind === undefined || token === undefined || token.includes('\\(')) return [];
    return [{ kind: kind as LiteralToken['kind'], start: index, text: token }];
  });
}

/** The text with other values for some of its literals, and what was changed. */
export function editLiterals(text: string, random: Random): { text: string; what: string } {
  const all = literalTokens(text);
  const chosen = new Set(Array.from({ length: random.integer(1, 3) }, () => random.pick(all)));
  const changes: string[] = [];
  let edited = '';
  let copied = 0;
  for (const token of all.filter((one) => chosen.has(one))) {
    const value = another(token, random);
    edited += text.slice(copied, token.start) + value;
    copied = token.start + token.text.length;
    changes.push(`${token.text} to ${value} in line ${text.slice(0, token.start).split('\n').length}`);
  }
  return { text: edited + text.slice(copied), what: changes.join(', ') };
}

const words = [
  '""',
  '"x"',
  '"red"',
  '"A longer text"',
  '"Grüße"',
  String.raw`"e\u{301}"`,
  '"👩‍🚀"',
  '"👩‍🚀 and more"',
  String.raw`"\t\"quoted\""`,
  '"7"',
];

function another({ kind, text }: LiteralToken, random: Random): string {
  switch (kind) {
    case 'boolean':
      return text === 'true' ? 'false' : 'true';
    case 'string':
      return random.pick(words);
    case 'float':
      return random.pick([String((random.integer(0, 4000) / 8).toFixed(3)), `${random.integer(0, 9)}.5e1`, `${text}1`, '0.0']);
    case 'integer': {
      const value = Number(text.replaceAll('_', ''));
      const near = random.pick([value + 1, Math.max(0, value - 1), value * 2, random.integer(0, 300)]);
      return random.chance(0.15) ? `0x${near.toString(16)}` : random.chance(0.1) ? `-${near}` : String(near);
    }
  }
}
