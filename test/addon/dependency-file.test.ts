import { readFileSync, writeFileSync } from 'node:fs';
import { loadAddon } from '../../lib/reload/native.js';
import { inChild } from '../support/child';
import { Fixture } from '../support/fixture';
import { compileSwift, dependenciesOf } from '../support/swift-objects';

const source = `
  struct Card {
    var title: String
    func lines() -> Int { title.count }
  }
  class Deck { var cards: [Card] = []; func draw() -> Card? { cards.last } }
  let limit = 3`;

/** A dependency file with one text, the length of which is 2^32 - 1: rounded up to whole words in 32 bits, that is 0. */
const overlong = Buffer.from(
  '4445505321600000ed050000026480c02030a88029204302356a1204c401151009080601b14009020000000008ffffffffff65',
  'hex',
);

describe('a dependency file of the compiler', () => {
  function dependencies(text: string): string {
    const fixture = new Fixture({ 'Card.swift': text });
    const [object = ''] = compileSwift(fixture, 'Cards', ['Card.swift']);
    return dependenciesOf(object);
  }

  it.each([
    ['is missing', () => new Fixture().path('missing.swiftdeps'), 'cannot be read: No such file or directory'],
    ['is empty', () => new Fixture().write('empty.swiftdeps', ''), ''],
    ['has a text longer than itself', () => new Fixture().write('long.swiftdeps', overlong), 'the dependency file is damaged'],
    ['is text', () => new Fixture().write('text.swiftdeps', 'provides-top-level: [Card]\n'), 'the dependency file is damaged'],
  ])('is an error that names the file when it %s', async (_, make, reason) => {
    const file = make();
    const index = new (loadAddon().DependencyIndex)();
    const refused = { kind: 'object', message: expect.stringContaining(`${file}: ${reason}`) };
    await expect(index.set([{ slot: 0, path: file }])).rejects.toMatchObject(refused);
  });

  it('is an error, not half of what it says, when the file was cut off at any length', async () => {
    const file = dependencies(source);
    const whole = readFileSync(file).length;
    const read = await inChild(
      async (addon, { file, whole }) => {
        const index = new addon.DependencyIndex();
        const { readFileSync, writeFileSync, writeSync } = require('node:fs');
        const bytes: Buffer = readFileSync(file);
        const kinds: Record<string, number> = {};
        for (let length = 0; length < whole; ++length) {
          writeFileSync(file, bytes.subarray(0, length));
          writeSync(1, `length ${length}\n`);
          try {
            await index.set([{ slot: 0, path: file }]);
            kinds.read = (kinds.read ?? 0) + 1;
          } catch (error) {
            const { kind: given, message } = error as Error & { kind: string };
            const kind = message.includes(file) ? given : message;
            kinds[kind] = (kinds[kind] ?? 0) + 1;
          }
        }
        return kinds;
      },
      { file, whole },
    );
    expect(read).toEqual({ object: whole });
    writeFileSync(file, '');
  });

  it('is read, or an error that names the file, and never the end of the process, when bytes were changed', async () => {
    const file = dependencies(source);
    const { read, refused, nameless } = await inChild(
      async (addon, { file }) => {
        const index = new addon.DependencyIndex();
        const { readFileSync, writeFileSync, writeSync } = require('node:fs');
        const bytes: Buffer = readFileSync(file);
        const outcome = { read: 0, refused: 0, nameless: [] as string[] };
        for (let at = 0; at < bytes.length; ++at) {
          for (const change of [1 << (at % 8), 0xff]) {
            const copy = Buffer.from(bytes);
            copy[at] ^= change;
            writeFileSync(file, copy);
            writeSync(1, `byte ${at} ^ ${change}\n`);
            try {
              await index.set([{ slot: 0, path: file }]);
              outcome.read += 1;
            } catch (error) {
              outcome.refused += 1;
              const { message } = error as Error;
              if (!message.includes(file)) outcome.nameless.push(message);
            }
          }
        }
        return outcome;
      },
      { file },
    );
    expect(nameless).toEqual([]);
    expect([read > 0, refused > 0]).toEqual([true, true]);
  });
});
