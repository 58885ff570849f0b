import { chmodSync } from 'node:fs';
import { doctor } from '../support/doctor';
import { Fixture, swiftc } from '../support/fixture';
import { which } from '../support/package';

describe('hotswift doctor', () => {
  it.each([
    ['finds no linker', ''],
    ['finds no C library', 'echo "/usr/bin/ld: cannot find crti.o: No such file or directory" >&2; exit 1'],
  ])('says what to install where the compiler %s', async (_, linker) => {
    const fixture = new Fixture();
    if (linker !== '') chmodSync(fixture.write('bin/ld', `#!/bin/sh\n${linker}\n`), 0o755);
    const args = ['--swiftc', which(swiftc), '--cache-directory', fixture.path('cache')];
    const { exitCode, findings } = await doctor(args, { PATH: fixture.path('bin') });
    expect(exitCode).toBe(1);
    expect(findings.get('a preview')).toMatchObject({
      state: 'missing',
      says: expect.stringMatching(/^ERR_HOTSWIFT_TOOLCHAIN: .*apt-get install binutils libc6-dev/s),
    });
  });
});
