import { checkSessionOptions } from '../../lib/options.js';

describe('the options of a session', () => {
  it.each<[string, object, string]>([
    ['the value of a variable', { env: { NAME: 'a\0b' } }, '`env.NAME`: a zero'],
    ['the name of a variable', { env: { 'A\0B': '' } }, 'the name of a variable'],
    ['the working directory', { cwd: '/tmp\0' }, '`cwd`: a zero'],
    ['a file', { file: '/View.swift\0' }, '`file`: a zero'],
    ['a flag', { module: { name: 'App', sources: [], flags: ['-D', 'A\0'] } }, '`module.flags.1`: a zero'],
    ['the compiler', { toolchain: { swiftc: '/swiftc\0' } }, '`toolchain.swiftc`: a zero'],
    ['the cache', { cacheDirectory: '\0' }, '`cacheDirectory`: a zero'],
  ])('have no zero in %s', (_, options, message) => {
    expect(() => checkSessionOptions({ file: '/View.swift', ...options })).toThrow(
      expect.objectContaining({ code: 'ERR_HOTSWIFT_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });

  it.each(['', 'A=B', '='])('have no variable with the name "%s"', (name) => {
    expect(() => checkSessionOptions({ file: '/View.swift', env: { [name]: 'value' } })).toThrow(
      expect.objectContaining({ code: 'ERR_HOTSWIFT_ARGUMENT', message: expect.stringMatching(/`env\..*the name of a variable/) }),
    );
  });

  it('have any other variables', () => {
    const env = { A: '', b: 'C=D\n', 'with space': 'ü' };
    expect(checkSessionOptions({ file: '/View.swift', env })).toMatchObject({ env });
  });
});
