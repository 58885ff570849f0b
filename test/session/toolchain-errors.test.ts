import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createSession } from '../../lib/index.js';
import { Fixture } from '../support/fixture';
import { colorPreview } from '../support/session';

const run = promisify(execFile);

describe('a start without what it needs', () => {
  const fixture = new Fixture();
  const file = fixture.write('Color.swift', colorPreview('#ff0000'));

  function script(name: string, text: string): string {
    const program = fixture.write(name, `#!/bin/sh\n${text}\n`);
    chmodSync(program, 0o755);
    return program;
  }

  it.each([
    ['there is no swiftc', () => fixture.path('no-such-swiftc'), 'There is no'],
    ['swiftc cannot be run', () => fixture.write('not-executable', 'text'), 'cannot be run'],
    ['swiftc fails', () => script('failing', 'echo "failing: what?" >&2; exit 1'), 'is not a Swift compiler: failing: what?'],
    ['swiftc says something else', () => script('talking', 'echo "gcc version 12"'), 'is not a Swift compiler'],
    [
      'swiftc is too old',
      () =>
        script(
          'old',
          `echo '{"compilerVersion":"Swift version 5.10.1 (swift-5.10.1-RELEASE)","target":{"triple":"x86_64-unknown-linux-gnu","unversionedTriple":"x86_64-unknown-linux-gnu"},"paths":{"runtimeResourcePath":"/usr/lib/swift","runtimeLibraryPaths":[]}}'`,
        ),
      'is Swift 5.10.1, which is older than hotswift supports',
    ],
  ])('says what to do when %s', async (_, swiftc, message) => {
    await expect(createSession({ file, toolchain: { swiftc: swiftc() } })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_TOOLCHAIN',
      message: expect.stringMatching(new RegExp(`${message.replace(/[.?]/g, '\\$&')}.*(Install Swift 6\\.0 or newer)`, 's')),
    });
  });

  it('says what to do when the addon is missing', async () => {
    const main = path.join(__dirname, '../../dist/index.js');
    const code = `require(${JSON.stringify(main)}).createSession({ file: ${JSON.stringify(file)} }).catch(({ code, message }) => console.log(code, message))`;
    // Only prebuilt binaries, of a platform for which there are none.
    const env = { ...process.env, PREBUILDS_ONLY: '1', npm_config_platform: 'plan9', npm_config_arch: 'x64' };
    const { stdout } = await run(process.execPath, ['-e', code], { env });
    expect(stdout).toMatch(/^ERR_HOTSWIFT_NATIVE hotswift's native addon could not be loaded .*npm run build:native/s);
  });

  it('says that the cache folder cannot be written, and names the option', async () => {
    const cacheDirectory = path.join(file, 'cache');
    await expect(createSession({ file, cacheDirectory })).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_PROJECT',
      message: expect.stringContaining('`cacheDirectory`'),
    });
  });

  it.each([
    [{}, '`file`'],
    [{ file, unknown: 1 }, 'unknown'],
    [{ file, preview: -1 }, '`preview`'],
    [{ file, module: { name: '1st', sources: [] } }, '`module.name`'],
    [{ file, isolation: 'in-process', env: {} }, 'env'],
    [{ file, timeouts: { render: 'soon' } }, '`timeouts.render`'],
  ])('quotes the option that is wrong: %j', async (options, quoted) => {
    await expect(createSession(options as never)).rejects.toMatchObject({
      code: 'ERR_HOTSWIFT_ARGUMENT',
      message: expect.stringMatching(new RegExp(`^createSession: .*${quoted}`)),
    });
  });
});
