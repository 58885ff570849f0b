import type { Fixture } from './fixture';
import { buildLibrary, preloading } from './swift-objects';

/** An environment in which agents do something before their Node starts, C code, once there is the file `flag` of the fixture. */
export function gatedAgents(fixture: Fixture, flag: string, does: string): Record<string, string> {
  fixture.write(
    'gate.c',
    `#include <signal.h>
     #include <unistd.h>
     __attribute__((constructor)) static void gate(void) {
       if (access(${JSON.stringify(fixture.path(flag))}, F_OK) == 0) { ${does} }
     }`,
  );
  return preloading(buildLibrary(fixture, ['gate.c'], 'gate.so'));
}
