import { frontendEnvironment } from '../../lib/compile/frontend-environment.js';

describe('the environment of a frontend', () => {
  it('is the host’s, with large pages for malloc', () => {
    expect(frontendEnvironment({ LANG: 'C' })).toEqual({
      LANG: 'C',
      GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1:glibc.malloc.top_pad=16777216',
    });
  });

  it('keeps tunables of other parts of glibc', () => {
    expect(frontendEnvironment({ GLIBC_TUNABLES: 'glibc.elision.enable=0' }).GLIBC_TUNABLES).toBe(
      'glibc.elision.enable=0:glibc.malloc.hugetlb=1:glibc.malloc.top_pad=16777216',
    );
  });

  it('is the host’s alone where that has its own settings for malloc', () => {
    const host = { GLIBC_TUNABLES: 'glibc.malloc.check=3' };
    expect(frontendEnvironment(host)).toEqual(host);
  });
});
