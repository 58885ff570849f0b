// What is about ELF, glibc and Linux's tools, has a stand-in for what macOS has, or patches the relocations of x86-64.
const elf = [
  'package/[\\w-]+',
  'native/damaged-objects',
  'native/libraries',
  'native/object-transform',
  'native/random-damage',
  'session/main-script',
  'session/missing-linker',
  'session/swiftui',
];
const x64 = ['native/damaged-objects'];
const foreign = process.platform === 'linux' ? (process.arch === 'x64' ? [] : x64) : elf;

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...foreign.map((name) => `/test/${name}\\.test\\.ts$`)],
  // The tests run what is published: dist, which the agents run as well.
  moduleNameMapper: { '^(?:\\.\\./)+lib/(.*)\\.js$': '<rootDir>/dist/$1.js' },
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/test/tsconfig.json', diagnostics: false }] },
  testTimeout: 60_000,
  setupFilesAfterEnv: ['<rootDir>/test/support/tier.ts'],
  testSequencer: '<rootDir>/test/run/longest-first.cjs',
  reporters: ['default', '<rootDir>/test/run/slowest-files.cjs'],
  // Each worker runs compilers and agents of its own.
  maxWorkers: 2,
};
