import { errorsOfSwiftPM } from '../../lib/project/swiftpm.js';

describe('an error of SwiftPM', () => {
  it('is quoted without what was fetched before it', () => {
    const output = `warning: 'app': dependency 'log' is not used by any target
Fetching https://example.com/log.git
Fetched https://example.com/log.git from cache (0.41s)
Computing version for https://example.com/log.git
Computed https://example.com/log.git at 1.6.1 (0.52s)
Creating working copy for https://example.com/log.git
Working copy of https://example.com/log.git resolved at 1.6.1
error: 'app': product 'Logs' required by package 'app' target 'App' not found in package 'log'. Did you mean '.product(name: "Logging", package: "log")'?
`;
    expect(errorsOfSwiftPM(output)).toBe(
      `error: 'app': product 'Logs' required by package 'app' target 'App' not found in package 'log'. Did you mean '.product(name: "Logging", package: "log")'?`,
    );
  });

  it('of a source comes with the lines that show it, without steps and warnings', () => {
    const output = `Building for debugging...
[0/4] Write sources
/App/Sources/Lib/a.swift:1:5: warning: variable 'x' was never used
1 | let x = 0
  |     \`- warning: variable 'x' was never used
[3/5] Compiling Lib a.swift
/App/Sources/Lib/a.swift:2:14: error: cannot convert value of type 'String' to specified type 'Int'
1 | let x = 0
2 | let y: Int = "one"
  |              \`- error: cannot convert value of type 'String' to specified type 'Int'

/App/Sources/Lib/b.swift:1:1: error: cannot find 'z' in scope
[4/5] Compiling Other
error: fatalError`;
    expect(
      errorsOfSwiftPM(output),
    ).toBe(`/App/Sources/Lib/a.swift:2:14: error: cannot convert value of type 'String' to specified type 'Int'
1 | let x = 0
2 | let y: Int = "one"
  |              \`- error: cannot convert value of type 'String' to specified type 'Int'
/App/Sources/Lib/b.swift:1:1: error: cannot find 'z' in scope
error: fatalError`);
  });

  it('that is called something else is all that is no progress', () => {
    expect(errorsOfSwiftPM('Fetching https://example.com/log.git\nPlease agree to the licence\n')).toBe('Please agree to the licence');
    expect(errorsOfSwiftPM('')).toBe('');
  });
});
