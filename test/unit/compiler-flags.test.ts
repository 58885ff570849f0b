import { languageFlags, sortFlags } from '../../lib/project/compiler-flags.js';

describe('the flags of a module', () => {
  it('are told apart from those for the linker', () => {
    expect(sortFlags(['-D', 'ONE', '-L', 'a', '-Lb', '-lz', '-load-plugin-executable', 'Macros#Macros', '-lto=thin'])).toEqual({
      flags: ['-D', 'ONE', '-load-plugin-executable', 'Macros#Macros', '-lto=thin'],
      libraryPaths: ['a', 'b'],
      libraries: ['z'],
    });
  });

  it('that are handed on to other tools stay with them', () => {
    const flags = ['-Xcc', '-Lheaders', '-Xfrontend', '-load-plugin-executable', '-Xfrontend', 'Macros#Macros'];
    expect(sortFlags(flags)).toEqual({ flags, libraryPaths: [], libraries: [] });
  });

  it.each(['-emit-module', '-o', '-sanitize=address'])('are refused where they ask for something else than objects: %s', (flag) => {
    expect(() => sortFlags([flag])).toThrow(expect.objectContaining({ code: 'ERR_HOTSWIFT_PROJECT' }));
  });
});

describe('the arguments of a build by SwiftPM', () => {
  it('keep what says how the code is to be understood', () => {
    const flags = [
      ...['-target', 'x86_64-unknown-linux-gnu', '-DSWIFT_PACKAGE', '-swift-version', '5', '-enable-upcoming-feature', 'ExistentialAny'],
      ...['-Xcc', '-fmodule-map-file=/a b/module.modulemap', '-Xcc', '-I', '-Xcc', '/a b/include', '-package-name', 'a_b'],
      ...['-Xfrontend', '-load-plugin-executable', '-Xfrontend', '/a b/Macros#Macros', '-O'],
    ];
    expect(languageFlags(flags)).toEqual(flags);
  });

  it('lose what is about that build', () => {
    const flags = [
      ...[
        '-enable-batch-mode',
        '-index-store-path',
        '/index',
        '-Onone',
        '-enable-testing',
        '-j2',
        '-j',
        '4',
        '-module-cache-path',
        '/cache',
      ],
      ...[
        '-parseable-output',
        '-parse-as-library',
        '-Xfrontend',
        '-entry-point-function-name',
        '-Xfrontend',
        'Tool_main',
        '-g',
        '-Xcc',
        '-g',
      ],
      ...['-sanitize=thread', '-emit-objc-header', '-emit-objc-header-path', '/header', '-profile-generate'],
    ];
    expect(languageFlags([...flags, '-DLAST'])).toEqual(['-DLAST']);
  });
});
