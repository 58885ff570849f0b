/** Carries variables past the start of an agent's Node. */
const held = 'HOTSWIFT_HELD_ENVIRONMENT';

/** What Node looks at when it starts, and others that begin like it. */
const isForNode = (name: string) => name.startsWith('NODE_');

/**
 * The variables that an agent is started with: the host's, and on top of them its own. Those for Node are held back until the agent's has started, for Swift
 * code and what that starts to see. The agent's Node is not the one that they are meant for: an inspector's port is the host's, and a module to load first may
 * be named from another working directory.
 */
export function agentEnvironment(host: NodeJS.ProcessEnv, own: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  // Swift's own backtracer would hold up the end of a crashed agent; under Electron, its executable is to act as Node.
  const all = Object.entries({ ...host, SWIFT_BACKTRACE: 'enable=no', ELECTRON_RUN_AS_NODE: '1', ...own });
  const forNode = all.filter(([name]) => isForNode(name));
  const others = Object.fromEntries(all.filter(([name]) => !isForNode(name)));
  return forNode.length === 0 ? others : { ...others, [held]: JSON.stringify(forNode) };
}

/** In the agent, once its Node has started: takes the variables that were held back. */
export function releaseHeldVariables(env: NodeJS.ProcessEnv): void {
  const variables: [name: string, value: string][] = JSON.parse(env[held] ?? '[]');
  delete env[held];
  for (const [name, value] of variables) env[name] = value;
}
