import { homedir } from 'node:os';

/** The user's home folder; `undefined` for a user whom the system does not know, unless HOME names one. */
export function homeFolder(): string | undefined {
  try {
    return homedir() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * What the environment of tools and agents lacks where there is no home folder. The compiler looks for its own cache there, also where it is told another, and
 * Skia for fonts; both end if there is none to look in. Nothing can be made below this one.
 */
export function homeForTools(): NodeJS.ProcessEnv {
  return homeFolder() === undefined ? { HOME: '/dev/null' } : {};
}
