import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Fixture } from '../support/fixture';
import { readFeature } from './support/feature';
import { tell } from './support/story';

const names = readdirSync(path.join(__dirname, 'fixtures'))
  .filter((file) => file.endsWith('.swift'))
  .map((file) => path.basename(file, '.swift'));

describe.each(['process', 'in-process'] as const)('with isolation %s, a generation has what Swift has:', (isolation) => {
  it.each(names)('%s, also when another generation has replaced it', async (name) => {
    const { text, edited, result, after, flags } = readFeature(name);
    const file = new Fixture().write(`${name}.swift`, text);
    const module = { name: `${name}Feature`, sources: [file], flags };
    const story = { file, module, edited: file, texts: [edited, text], isolation };
    expect(await tell(story)).toEqual([result, after, result]);
  });
});
