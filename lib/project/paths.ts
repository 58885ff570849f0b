import path from 'node:path';

/** Whether a file lies in a folder or in one below it. */
export function isInside(folder: string, file: string): boolean {
  return file.startsWith(folder + path.sep);
}

/**
 * Whether the tools of a Swift toolchain can make temporary files in a folder. The driver and SwiftPM crash where its path is not ASCII (6.0: mkdtemp(3) is
 * given a text of which the end is cut off), and lists of files have a line for each.
 */
export function isPlain(folder: string): boolean {
  return /^[ -~]*$/.test(folder);
}
