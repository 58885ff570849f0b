import { agentEnvironment, releaseHeldVariables } from '../../lib/reload/agent-environment.js';

describe('the environment of an agent', () => {
  const host = { PATH: '/bin', NODE_OPTIONS: '--require ./first --inspect=9229', NODE_V8_COVERAGE: '/coverage', NODE_ENV: 'test' };

  it('has nothing for Node while that starts', () => {
    const started = agentEnvironment(host, { NODE_DEBUG: 'http', OWN: '1' });
    expect(Object.keys(started).filter((name) => name.startsWith('NODE_'))).toEqual([]);
    expect(started).toMatchObject({ PATH: '/bin', OWN: '1', SWIFT_BACKTRACE: 'enable=no', ELECTRON_RUN_AS_NODE: '1' });
  });

  it('has all of it for Swift', () => {
    const started = agentEnvironment(host, { NODE_ENV: 'production', PATH: '/own/bin' });
    releaseHeldVariables(started);
    expect(started).toEqual({ ...host, NODE_ENV: 'production', PATH: '/own/bin', SWIFT_BACKTRACE: 'enable=no', ELECTRON_RUN_AS_NODE: '1' });
  });

  it('is what it was where there is nothing for Node', () => {
    const started = agentEnvironment({ PATH: '/bin' });
    expect(started).toEqual({ PATH: '/bin', SWIFT_BACKTRACE: 'enable=no', ELECTRON_RUN_AS_NODE: '1' });
    releaseHeldVariables(started);
    expect(started).toEqual(agentEnvironment({ PATH: '/bin' }));
  });
});
