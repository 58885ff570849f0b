import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Fixture } from '../support/fixture';
import { readFeatures } from './support/feature';
import { tell } from './support/story';

const features = readdirSync(path.join(__dirname, 'fixtures'))
  .filter((file) => file.endsWith('.swift'))
  .flatMap((file) => readFeatures(path.basename(file, '.swift')));

describe.each(['process', 'in-process'] as const)('with isolation %s, a generation has what Swift has:', (isolation) => {
  it.each(features)('$name, also when another generation has replaced it', async ({ name, text, edited, result, after, flags }) => {
    const [word] = name.split(' ');
    const file = new Fixture().write(`${word}.swift`, text);
    const module = { name: `${word}Feature`, sources: [file], flags };
    const story = { file, module, edited: file, texts: [edited, text], isolation };
    expect(await tell(story)).toEqual([result, after, result]);
  });
});
