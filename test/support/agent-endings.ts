/** A way to end, hang or confuse the process that Swift runs in. */
export interface Ending {
  name: string;
  /** The whole file. Without an error in it, `probe` returns 1. */
  text: string;
  /** The error of `reload`, `call('probe')`, or of the snapshot after them; of some endings there may be none, as the process goes on. */
  codes: readonly (string | undefined)[];
  /** A function that a frame of the backtrace names. Missing where there is no backtrace. */
  frame?: RegExp;
  /** Whether the process ends, or is found out, after the call, while nothing is asked of it. */
  isLate?: boolean;
}

/** What one file of Swift is made of. */
interface Place {
  name: string;
  /** The file, with a statement that does not come back. */
  text(statement: string): string;
  frame: RegExp;
  isLate?: boolean;
}

const imports = { Glibc: 'import Glibc\n', Foundation: 'import Foundation\n' };
type Library = keyof typeof imports;
const libraries = Object.keys(imports) as Library[];

const probe = (body: string) => `@_cdecl("probe") public func probe() -> Int32 { ${body} }\n`;

/** Whatever the statements do, the function compiles. */
const trying = (statements: string) => probe(`${statements}; return 1`);

const crash = ['ERR_HOTSWIFT_CRASH'] as const;
const timeout = ['ERR_HOTSWIFT_TIMEOUT'] as const;

/** Statements that end the process in the function that they stand in. */
const crashes: Record<string, string> = {
  fatalError: 'fatalError("boom")',
  preconditionFailure: 'preconditionFailure()',
  assertionFailure: 'assertionFailure()',
  'an index out of range': 'let a = [1]; _ = a[a.count + 7]',
  'nothing, unwrapped': 'let none = Int("x"); _ = none!',
  'a failed try!': 'struct E: Error {}; func f() throws { throw E() }; try! f()',
  'a failed cast': 'let any: Any = 1; _ = any as! String',
  'an overflow': 'let most = Int.max; _ = most + [1].count',
  'a division by zero': 'let none: [Int] = []; _ = 1 / none.count',
  'a null dereference': 'print(UnsafePointer<Int>(bitPattern: 8)!.pointee)',
  'a write to a constant': 'let text: StaticString = "x"; UnsafeMutablePointer(mutating: text.utf8Start).pointee = 1',
  'a call of what is no function': 'unsafeBitCast(UInt(8), to: (@convention(c) () -> Void).self)()',
  'a reference to what is gone': 'final class C {}; unowned let c: C; do { c = C() }; _ = Unmanaged.passUnretained(c)',
  abort: 'abort()',
  SIGFPE: 'raise(SIGFPE)',
  SIGBUS: 'raise(SIGBUS)',
  SIGTRAP: 'raise(SIGTRAP)',
  SIGSEGV: 'raise(SIGSEGV)',
};

const places: Place[] = [
  { name: 'the first function', text: (s) => trying(s), frame: /probe/ },
  { name: 'another function', text: (s) => `${trying('culprit()')}func culprit() { ${s} }\n`, frame: /culprit/ },
  { name: 'a closure', text: (s) => trying(`[1, 2].forEach { _ in ${s} }`), frame: /closure #1 in probe/ },
  {
    name: 'a getter',
    text: (s) => `struct S { var culprit: Int { ${s}; return 1 } }\n${probe('Int32(S().culprit)')}`,
    frame: /S\.culprit/,
  },
  {
    name: 'a static initial value',
    text: (s) => `struct S { static let value: Int = { ${s}; return 1 }() }\n${probe('Int32(S.value)')}`,
    frame: /S|closure/,
  },
  {
    name: 'a deinit',
    text: (s) => `final class Culprit { deinit { ${s} } }\n${trying('_ = Culprit()')}`,
    frame: /Culprit/,
  },
  {
    name: 'a generic function',
    text: (s) => `func culprit<T>(_ value: T) -> T { ${s}; return value }\n${probe('culprit(1)')}`,
    frame: /culprit/,
  },
  {
    name: 'a witness that a file with an extension alone has',
    text: (s) =>
      `extension Int: @retroactive Error { public var _domain: String { ${s}; return "" } }\n${trying('_ = (1 as any Error)._domain')}`,
    frame: /_domain/,
  },
  {
    name: 'a function that C calls',
    text: (s) => trying(`var a: [Int32] = [2, 1]; qsort(&a, 2, 4) { _, _ in ${s}; return 0 }`),
    frame: /closure #1 in probe/,
  },
  {
    name: 'a preview',
    text: (s) => `import PreviewKit
struct P: PreviewProvider { static var previews: [Preview] { Preview("P", width: 4, height: 4) { culprit(); return SVG("<svg/>") } } }
func culprit() { ${s} }
${probe('1')}`,
    frame: /culprit/,
  },
  {
    name: 'a task',
    text: (s) => `func culprit() { ${s} }\n${trying('Task.detached { culprit() }')}`,
    frame: /culprit/,
    isLate: true,
  },
  {
    name: 'a thread of C',
    text: (s) => `${trying('var t = pthread_t(); pthread_create(&t, nil, { _ in culprit(); return nil }, nil)')}func culprit() { ${s} }\n`,
    frame: /culprit/,
    isLate: true,
  },
];

const foundationPlaces: Place[] = [
  {
    name: 'the main queue',
    text: (s) => `${trying('DispatchQueue.main.async { culprit() }')}func culprit() { ${s} }\n`,
    frame: /culprit/,
    isLate: true,
  },
  {
    name: 'another queue',
    text: (s) => `${trying('DispatchQueue.global().async { culprit() }')}func culprit() { ${s} }\n`,
    frame: /culprit/,
    isLate: true,
  },
  {
    name: 'a timer',
    text: (s) => `${trying('Timer.scheduledTimer(withTimeInterval: 0.01, repeats: false) { _ in culprit() }')}func culprit() { ${s} }\n`,
    frame: /culprit/,
    isLate: true,
  },
  {
    name: 'a Thread',
    text: (s) => `${trying('Thread.detachNewThread { culprit() }')}func culprit() { ${s} }\n`,
    frame: /culprit/,
    isLate: true,
  },
];

/** Bodies of `probe` that end the process, or keep it, in ways of their own. */
const others: [name: string, statements: string, codes: Ending['codes'], frame?: RegExp][] = [
  ['exit(0)', 'exit(0)', crash],
  ['exit(3)', 'exit(3)', crash],
  ['_exit', '_exit(4)', crash],
  ['SIGKILL', 'kill(getpid(), SIGKILL); sleep(9)', crash],
  ['SIGTERM', 'kill(getpid(), SIGTERM); sleep(9)', crash],
  ['SIGKILL to the group', 'kill(0, SIGKILL); sleep(9)', crash],
  ['an overflow of the stack', 'func deeper(_ n: Int) -> Int { deeper(n + 1) &+ 1 }; print(deeper(0))', crash, /deeper/],
  ['a crash with SIGSEGV ignored', 'signal(SIGSEGV, SIG_IGN); print(UnsafePointer<Int>(bitPattern: 8)!.pointee)', crash],
  ['a handler that crashes', 'signal(SIGUSR1) { _ in fatalError("boom") }; raise(SIGUSR1)', crash, /closure #1 in probe|probe/],
  [
    'code in memory of a device',
    'let p = mmap(nil, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1, 0)!; p.storeBytes(of: 0x0b0f, as: UInt16.self); unsafeBitCast(p, to: (@convention(c) () -> Void).self)()',
    crash,
    /probe/,
  ],
  [
    'a program in its place',
    'var a: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("9"), nil]; execv("/bin/sleep", &a)',
    [...crash, ...timeout],
  ],
  ['an endless loop', 'while true {}', timeout, /probe/],
  ['an endless loop, abort ignored', 'signal(SIGABRT, SIG_IGN); while true {}', timeout],
  ['a sleep', 'sleep(1000)', timeout, /probe/],
  ['a wait for nobody', 'var m = pthread_mutex_t(); pthread_mutex_lock(&m); pthread_mutex_lock(&m)', timeout, /probe/],
  ['a stop', 'kill(getpid(), SIGSTOP); sleep(9)', timeout],
  ['an end that would hang', 'atexit { while true {} }; exit(0)', [...crash, ...timeout]],
  ['letters on the channel', 'var b = [UInt8](repeating: 0x68, count: 64); write(3, &b, 64); sleep(9)', crash],
  ['zeros on the channel', 'var b = [UInt8](repeating: 0, count: 64); write(3, &b, 64); sleep(9)', crash],
  [
    'a well-formed frame of no object',
    'var b: [UInt8] = [0xa7, 0xf5, 0x48, 0x9d, 3, 0, 0, 0, 0xff, 0x0f, 0x30]; write(3, &b, b.count); sleep(9)',
    crash,
  ],
  [
    'a frame of four gigabytes',
    'var b: [UInt8] = [0xa7, 0xf5, 0x48, 0x9d, 0xff, 0xff, 0xff, 0xff]; write(3, &b, b.count); sleep(9)',
    crash,
  ],
  ['half a frame', 'var b: [UInt8] = [0xa7, 0xf5, 0x48, 0x9d, 0xff, 0xff, 0, 0]; write(3, &b, b.count)', [...crash, ...timeout]],
  [
    'what the host says, read by another',
    'var b = [UInt8](repeating: 0, count: 64); fcntl(3, F_SETFL, 0); read(3, &b, 64)',
    timeout,
    /probe/,
  ],
  ['a shut-down channel', 'shutdown(3, 2); sleep(9)', crash],
  ['closed descriptors', 'for d: Int32 in 3...64 { close(d) }', crash],
  ['closed descriptors, and a sleep', 'for d: Int32 in 3...64 { close(d) }; sleep(9)', timeout],
  ["another file in the channel's place", 'dup2(open("/dev/null", O_RDWR), 3)', [...crash, ...timeout]],
  ['a crash record cut off', 'ftruncate(4, 0); fatalError("boom")', crash, /probe/],
  ['letters in the crash record', 'var b = [UInt8](repeating: 0x68, count: 1 << 20); pwrite(4, &b, b.count, 0); abort()', crash],
  ['a record that says it is huge', 'var n: [UInt64] = [1 << 28]; pwrite(4, &n, 8, 0); ftruncate(4, 1 << 40); exit(1)', crash],
  ['no more descriptors', 'for _ in 0..<100_000 { _ = open("/dev/null", O_RDONLY) }', [undefined, ...crash]],
  ['a limit of descriptors', 'var l = rlimit(rlim_cur: 3, rlim_max: 3); setrlimit(__rlimit_resource_t(7), &l)', [undefined, ...crash]],
  [
    'a limit of memory',
    'var l = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20); setrlimit(__rlimit_resource_t(9), &l)',
    [undefined, ...crash, 'ERR_HOTSWIFT_PREVIEW'],
  ],
  ['another root', 'chroot("/proc")', [undefined, ...crash, 'ERR_HOTSWIFT_PREVIEW']],
  ['a full address space', 'while malloc(1 << 40) != nil {}', [undefined, ...crash]],
  ['a flood of output', 'for _ in 0..<20_000 { puts(String(repeating: "x", count: 100)) }', [undefined]],
  ['closed output', 'close(1); close(2); print("x")', [undefined, ...crash]],
];

/** As short as a file can be. */
const onlyStatements = ['fatalError("boom")', 'preconditionFailure()', 'abort()'];

/** Every kind of end in the simplest place, each place with the simplest ends, and the others; with and without Foundation. */
export const endings: Ending[] = libraries.flatMap((library) => {
  const within = (name: string) => `${name}, with ${library}`;
  const [simplest, ...rest] = library === 'Foundation' ? [...places, ...foundationPlaces] : places;
  if (simplest === undefined) return [];
  const inPlace = (kind: string, { name, text, frame, isLate }: Place): Ending => ({
    name: within(`${kind} in ${name}`),
    text: imports[library] + text(crashes[kind] ?? ''),
    codes: crash,
    frame,
    isLate,
  });
  return [
    ...Object.keys(crashes).map((kind) => inPlace(kind, simplest)),
    ...rest.flatMap((place) => ['fatalError', 'a null dereference', 'an index out of range'].map((kind) => inPlace(kind, place))),
    ...onlyStatements.map((only) => ({ name: within(only), text: imports[library] + probe(only), codes: crash, frame: /probe/ })),
    ...others.map(([name, statements, codes, frame]) => ({
      name: within(name),
      text: imports[library] + trying(statements),
      codes,
      frame,
    })),
  ];
});
