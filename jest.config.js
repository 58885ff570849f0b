/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // The tests run what is published: dist, which the agents run as well.
  moduleNameMapper: { '^(?:\\.\\./)+lib/(.*)\\.js$': '<rootDir>/dist/$1.js' },
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/test/tsconfig.json', diagnostics: false }] },
  testTimeout: 60_000,
  // Each worker runs compilers and agents of its own.
  maxWorkers: 2,
};
