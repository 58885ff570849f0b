/**
 * Memory in large pages, and more at a time: a compile touches ten thousand pages of 4 KiB, and where each fault is dear, as in virtual machines, that is a
 * fifth of its time. glibc.malloc.hugetlb: glibc 2.35 (MALLOC_ADVISE_HUGEPAGE, malloc.c), of effect where
 * /sys/kernel/mm/transparent_hugepage/enabled says `madvise`; others do not know these names, and say nothing.
 */
const tunables = ['glibc.malloc.hugetlb=1', 'glibc.malloc.top_pad=16777216'];

/** The environment of a `swift-frontend`: the host's, and what makes it faster there. `GLIBC_TUNABLES` of the host's own that bear on `malloc` stay alone. */
export function frontendEnvironment(host: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const own = host.GLIBC_TUNABLES ?? '';
  if (process.platform !== 'linux' || own.includes('glibc.malloc.')) return host;
  return { ...host, GLIBC_TUNABLES: [...(own === '' ? [] : [own]), ...tunables].join(':') };
}
