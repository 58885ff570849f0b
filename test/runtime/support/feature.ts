import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, '..', 'fixtures');

/**
 * A Swift file that shows one thing that Swift can do. It defines `result()`, a function that returns a `String` and may be `async` or
 * throw, and its first lines, comments, say what is to become of it:
 *
 *     // result: what it returns
 *     // edit: a piece of the file -> what takes its place in the second generation
 *     // after: what it returns then
 *     // flags: for the compiler; optional. More than one such line: the file is compiled with each
 */
export interface Feature {
  name: string;
  text: string;
  edited: string;
  result: string;
  after: string;
  flags: string[];
}

export function readFeatures(name: string): Feature[] {
  const text = readFileSync(path.join(folder, `${name}.swift`), 'utf8');
  const directive = (key: string) => new RegExp(`^// ${key}: (.*)$`, 'm').exec(text)?.[1];
  const need = (key: string) => {
    const value = directive(key);
    if (value === undefined) throw new Error(`${name}.swift does not say its ${key}`);
    return value;
  };
  const [old = '', replacement = ''] = need('edit').split(' -> ');
  const body = text.slice(text.indexOf('\n\n'));
  if (body.split(old).length !== 2) throw new Error(`${name}.swift does not contain ${old} once`);
  const flagLines = [...text.matchAll(/^\/\/ flags: (.*)$/gm)].map(([, line = '']) => line);
  return (flagLines.length > 0 ? flagLines : ['']).map((flags) => ({
    name: flagLines.length > 1 ? `${name} ${flags}` : name,
    text: body + preview(body),
    edited: body.replace(old, () => replacement) + preview(body),
    result: need('result'),
    after: need('after'),
    flags: flags.split(' ').filter(Boolean),
  }));
}

/** A preview whose pixels are the result: three bytes of UTF-8 a pixel. {@link readText} is the way back. */
export function preview(body: string): string {
  const call = /func result\(\)[^{]*\basync\b/.test(body) ? 'try await' : 'try';
  return `
import PreviewKit
struct Result_Previews: PreviewProvider {
  static var previews: [Preview] {
    Preview("Result") {
      let text = Array(${call} result().utf8) + [0, 0, 0]
      return Bitmap(width: text.count / 3, height: 1) { pixels in
        for x in 0 ..< text.count / 3 { pixels[x, 0] = Pixel(red: text[3 * x], green: text[3 * x + 1], blue: text[3 * x + 2]) }
      }
    }
  }
}
`;
}
