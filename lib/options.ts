import { z } from 'zod';
import { HotswiftError } from './errors.js';
import type { Progress, ReloadOptions, SessionOptions, SnapshotOptions, TraitValues } from './types.js';

const signal = z.custom<AbortSignal>((value) => value instanceof EventTarget && 'aborted' in value, 'expected an AbortSignal');
/** What a timer of Node can wait. */
const milliseconds = z
  .number()
  .positive()
  .max(2 ** 31 - 1);
const preview = z.union([z.int().min(0), z.string()]);
const traits = z
  .object({
    colorScheme: z.enum(['light', 'dark']).optional(),
    locale: z.string().optional(),
    layoutDirection: z.enum(['leftToRight', 'rightToLeft']).optional(),
    textScale: z.number().positive().optional(),
    contrast: z.enum(['standard', 'increased']).optional(),
  })
  .catchall(z.union([z.string(), z.number(), z.boolean(), z.undefined()]));
const traitValues = z.record(z.string(), z.array(z.unknown()));
/** The system ends strings at a zero: what is behind it would be lost without a word. */
const text = z.string().refine((value) => !value.includes('\0'), 'a zero (U+0000) cannot be part of it');
const variables = z.record(z.string(), text).superRefine((values, context) => {
  for (const name of Object.keys(values)) {
    if (name !== '' && !/[=\0]/.test(name)) continue;
    context.addIssue({ code: 'custom', path: [name], message: 'the name of a variable is not empty, and has neither = nor a zero in it' });
  }
});
const points = z.int().min(1).max(8192);

const common = {
  file: text.min(1),
  module: z
    .strictObject({
      name: z.string().regex(/^[\p{L}_][\p{L}\p{N}_]*$/u, 'expected a Swift identifier'),
      sources: z.array(text),
      flags: z.array(text).optional(),
      importPaths: z.array(text).optional(),
      libraryPaths: z.array(text).optional(),
      libraries: z.array(text).optional(),
    })
    .optional(),
  preview: preview.optional(),
  watch: z.boolean().optional(),
  debug: z.boolean().optional(),
  warmCompiler: z.boolean().optional(),
  literalEdits: z.boolean().optional(),
  cacheDirectory: text.min(1).optional(),
  cacheSize: z.int().min(0).optional(),
  toolchain: z.strictObject({ swiftc: text.min(1).optional() }).optional(),
  traits: traits.optional(),
  onProgress: z.custom<(progress: Progress) => void>((value) => typeof value === 'function', 'expected a function').optional(),
  signal: signal.optional(),
};

const sessionOptions = z.union([
  z.strictObject({
    ...common,
    isolation: z.literal('process').optional(),
    generationCap: z.int().min(1).optional(),
    memoryCap: z.int().min(1).optional(),
    standby: z.boolean().optional(),
    env: variables.optional(),
    cwd: text.optional(),
    timeouts: z
      .strictObject({
        start: milliseconds.optional(),
        compile: milliseconds.optional(),
        package: milliseconds.optional(),
        render: milliseconds.optional(),
      })
      .optional(),
  }),
  z.strictObject({
    ...common,
    isolation: z.literal('in-process'),
    timeouts: z
      .strictObject({ compile: milliseconds.optional(), package: milliseconds.optional(), render: milliseconds.optional() })
      .optional(),
  }),
]);

const reloadOptions = z.strictObject({
  contents: z.record(z.string(), z.string()).optional(),
  fresh: z.boolean().optional(),
  signal: signal.optional(),
});

const snapshotOptions = z.strictObject({
  preview: preview.optional(),
  width: points.optional(),
  height: points.optional(),
  scale: z.number().positive().max(4).optional(),
  traits: traits.optional(),
  signal: signal.optional(),
});

export const checkSessionOptions = (value: unknown): SessionOptions => check(sessionOptions, value, 'createSession') as SessionOptions;
export const checkReloadOptions = (value: unknown): ReloadOptions => check(reloadOptions, value, 'reload');
export const checkSnapshotOptions = (value: unknown): SnapshotOptions => check(snapshotOptions, value, 'snapshot');
export const checkTraits = (value: unknown): z.infer<typeof traits> => check(traits, value, 'setTraits');

export const checkVariantOptions = (value: unknown): SnapshotOptions => check(snapshotOptions, value, 'variants');

/** Every value of every trait is checked, before the first picture is drawn. */
export function checkTraitValues(value: unknown): TraitValues {
  const values = check(traitValues, value, 'variants');
  for (const [name, list] of Object.entries(values)) for (const one of list) check(traits, { [name]: one }, 'variants');
  return values as TraitValues;
}

export function checkSymbol(value: unknown): string {
  return check(text.min(1), value, 'call');
}

/** The value as its schema knows it, or ERR_HOTSWIFT_ARGUMENT that names the function and the parameter. */
function check<Output>(schema: z.ZodType<Output>, value: unknown, of: string): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = mostSpecific(result.error.issues);
  const where = issue.path.length > 0 ? `\`${issue.path.join('.')}\`: ` : '';
  throw new HotswiftError('ERR_HOTSWIFT_ARGUMENT', `${of}: ${where}${issue.message}`, { cause: result.error });
}

type Issue = z.core.$ZodIssue;

/** Of a union, the alternative that came closest is the one the caller meant. */
function mostSpecific(issues: readonly Issue[]): Issue {
  const [first] = issues;
  if (first === undefined) throw new TypeError('a failed check has an issue');
  if (first.code !== 'invalid_union' || first.errors.length === 0) return first;
  const closest = [...first.errors].sort((a, b) => a.length - b.length)[0] ?? [];
  return closest.length > 0 ? mostSpecific(closest) : first;
}
