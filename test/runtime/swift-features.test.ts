import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Fixture } from '../support/fixture';
import { first } from '../support/tier';
import { readFeatures } from './support/feature';
import { isolations, Stage } from './support/stage';

const features = readdirSync(path.join(__dirname, 'fixtures'))
  .filter((file) => file.endsWith('.swift'))
  .flatMap((file) => readFeatures(path.basename(file, '.swift')));

/** A session compiles with the same flags as long as it lives. */
const flagLines = [...new Set(features.map(({ flags }) => flags.join(' ')))];

first(1).describe.each(isolations)('with isolation %s, a generation has what Swift has', (isolation) => {
  describe.each(flagLines)('compiled with the flags "%s":', (line) => {
    const shown = features.filter(({ flags }) => flags.join(' ') === line);
    const file = new Fixture().write('Feature.swift', shown[0].text);
    const module = { name: 'Features', sources: [file], flags: shown[0].flags };
    const stage = new Stage({ file, module, isolation });
    afterAll(() => stage.close());

    it.each(shown)('$name, also when another generation has replaced it', async ({ text, edited, result, after }) => {
      // Both isolations link in the same way. One of them has the first text come back, as another one: a blank line makes it so.
      const isTakenBack = isolation === 'in-process';
      const texts = isTakenBack ? [`\n${text}`, edited, text] : [edited, text];
      const [, ...told] = await stage.play(texts.map((text) => [file, text]));
      expect(told).toEqual(isTakenBack ? [result, after, result] : [after, result]);
    });
  });
});
