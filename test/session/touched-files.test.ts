import { coldValue } from '../support/cold-module';
import { editShapes } from '../support/edit-shapes';
import { Fixture } from '../support/fixture';
import { openSession } from '../support/session';
import { moduleOfTexts } from '../support/texts-of-module';
import { first } from '../support/tier';

const probe = '@_cdecl("probe") public func probe() -> Int32 { Int32(value()) }\n';

const isolations = ['process', 'in-process'] as const;

describe.each(isolations)('an edit of another file (%s)', (isolation) => {
  const rows = Object.entries(editShapes).map(([name, edit]) => [name, edit] as const);
  first(isolation === 'process' ? 5 : 1).it.each(rows)(
    'is seen: %s',
    async (_, { files, edited, change: [from, to], values, recompiled }) => {
      const all = { ...files, 'Probe.swift': probe };
      const fixture = new Fixture(all);
      const module = moduleOfTexts('App', fixture, all);
      const open = () => openSession({ file: fixture.path('Probe.swift'), module, isolation });
      const session = await open();
      expect(await session.call('probe')).toBe(values[0]);
      await session.idle();

      const text = files[edited]?.replace(from, to) ?? '';
      expect(text).not.toBe(files[edited]);
      fixture.write(edited, text);
      if (values[1] === 'error') {
        await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_HOTSWIFT_COMPILE' });
        return;
      }
      expect(await coldValue({ ...files, [edited]: text })).toBe(values[1]);
      const result = await session.reload();
      expect(await session.call('probe')).toBe(values[1]);
      if (recompiled !== undefined) expect([...result.recompiled].sort()).toEqual(recompiled.map((name) => fixture.path(name)).sort());
      await session.idle();
      await session.close();
      // What was kept is not of before.
      const later = await open();
      expect(await later.call('probe')).toBe(values[1]);
    },
  );
});
