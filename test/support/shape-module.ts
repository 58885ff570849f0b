import { type EditShape, editShapes } from './edit-shapes';
import type { Random } from './generated-module/random.cjs';
import { isOfHeaders } from './texts-of-module';

/** A shape among others in a module: its declarations of the file have names of their own, and its files are some of the module's. */
interface Instance {
  name: string;
  number: number;
  /** From the module's files to what of them is the shape's. C modules are the shape's alone. */
  texts: Map<string, string>;
  edited: string;
  /** What is in the edited file after the edit. */
  changed: string;
  values: [before: number, after: number];
  isChanged: boolean;
}

/** What a file declares at the left margin; shapes have several declarations on a line at most inside of braces. */
const declared =
  /^(?:@\w+ )*(?:(?:private|public|package|final) )*(?:struct|enum|class|protocol|func|let|var|typealias|precedencegroup|module|#define|union|static inline \w+) (\w+)/gm;

type UsableShape = EditShape & { values: [before: number, after: number] };
const isUsable = (entry: [string, EditShape]): entry is [string, UsableShape] => entry[1].values[1] !== 'error';
const usableShapes = Object.entries(editShapes).filter(isUsable);

/** A module of several files in which each of some shapes is spread over some of the files, edited one after the other and back. */
export class ShapeModule {
  readonly #files: string[];
  readonly #instances: Instance[];
  /** By file: what was added to it that means nothing. */
  readonly #noise = new Map<string, string>();
  #noises = 0;

  /** Without a number of `shapes` each is there once. */
  constructor({ files, shapes, random }: { files: number; shapes?: number; random: Random }) {
    this.#files = Array.from({ length: files }, (_, index) => `File${index}.swift`);
    const chosen = shapes === undefined ? usableShapes : pickShapes(shapes, random);
    this.#instances = chosen.map(([name, shape], number) => instantiate(name, shape, number, random.shuffle(this.#files)));
  }

  /** The texts by file name. `value()` is a number made of what all shapes say. */
  get texts(): Record<string, string> {
    const terms = this.#instances.map(({ number }) => `  sum = (sum &* 31 &+ value_${number}()) & 0xFFFFFF\n`);
    const value = `func value() -> Int {\n  var sum = 0\n${terms.join('')}  return sum\n}\n`;
    const headers = this.#instances.flatMap(({ texts }) => [...texts.keys()].filter(isOfHeaders));
    return { ...Object.fromEntries([...this.#files, ...headers].map((file) => [file, this.#textOf(file)])), 'Value.swift': value };
  }

  /** What `value()` is by what each shape says of itself. */
  get value(): number {
    // Both factors are small enough for a product without rounding.
    return this.#instances.reduce((sum, { values, isChanged }) => (sum * 31 + (isChanged ? values[1] : values[0])) & 0xffffff, 0);
  }

  /** Edits every shape. */
  editAll(): void {
    for (const instance of this.#instances) instance.isChanged = !instance.isChanged;
  }

  /** Edits one or two shapes, and sometimes a file in a way that means nothing. Tells what was edited. */
  edit(random: Random): string {
    const count = random.chance(0.25) ? 2 : 1;
    const edited = random.shuffle(this.#instances).slice(0, count);
    for (const instance of edited) instance.isChanged = !instance.isChanged;
    const said = edited.map(({ name, number, isChanged }) => `${name} (${number}, ${isChanged ? 'there' : 'back'})`);
    if (random.chance(0.6)) return said.join(', ');
    const file = random.pick(this.#files);
    this.#noises += 1;
    const noises = [
      `private func noise${this.#noises}() -> Int { ${this.#noises} }\n`,
      `func noise${this.#noises}() {}\n`,
      `struct Noise${this.#noises} { var f = 1 }\n`,
      `// Noise ${this.#noises}\n`,
    ];
    this.#noise.set(file, random.pick(noises));
    return `${said.join(', ')}, noise in ${file}`;
  }

  #textOf(file: string): string {
    const parts = this.#instances.flatMap(({ texts, edited, changed, isChanged }) => {
      const text = texts.get(file);
      if (text === undefined) return [];
      return file === edited && isChanged ? changed : text;
    });
    return `${this.#noise.get(file) ?? ''}${parts.join('\n')}\n`;
  }
}

function pickShapes(count: number, random: Random): [string, UsableShape][] {
  // Operators have no names that could be others.
  const once = new Set<string>();
  return Array.from({ length: count }, () => {
    const [name, shape] = random.pick(usableShapes.filter(([name]) => !once.has(name)));
    if (/operator/.test(Object.values(shape.files).join())) once.add(name);
    return [name, shape];
  });
}

function instantiate(name: string, shape: UsableShape, number: number, places: readonly string[]): Instance {
  const { files, edited, values } = shape;
  const [from, to] = shape.change;
  const names = Object.keys(files);
  const changed = files[edited]?.replace(from, () => to) ?? '';
  const all = [...Object.values(files), changed].join('\n');
  const own = new Set([...all.matchAll(declared)].map(([, found = '']) => found));
  const renamed = (text: string) => text.replace(/\b\w+\b/g, (word) => (own.has(word) ? `${word}_${number}` : word));
  const place = (file: string) => (isOfHeaders(file) ? renamed(file) : (places[names.indexOf(file)] ?? ''));
  return {
    name,
    number,
    texts: new Map(names.map((file) => [place(file), renamed(files[file] ?? '')])),
    edited: place(edited),
    changed: renamed(changed),
    values,
    isChanged: false,
  };
}
