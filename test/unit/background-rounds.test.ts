import { BackgroundRounds } from '../../lib/compile/background-rounds.js';

interface Round {
  signal: AbortSignal;
  end(): void;
}

/** Rounds that last until they are told to end. */
function rounds() {
  const begun: Round[] = [];
  const background = new BackgroundRounds((signal) => new Promise((end) => begun.push({ signal, end })));
  const begins = async (count: number): Promise<Round> => {
    while (begun.length < count) await new Promise(setImmediate);
    return begun[count - 1] as Round;
  };
  return { background, begun, begins };
}

describe('rounds in the background', () => {
  it('begin when the caller has gone on', async () => {
    const { background, begun, begins } = rounds();
    background.request();
    await Promise.resolve();
    expect(begun).toHaveLength(0);
    (await begins(1)).end();
    await background.idle();
    expect(begun).toHaveLength(1);
  });

  it('come once for all requests that came meanwhile', async () => {
    const { background, begun, begins } = rounds();
    background.request();
    const first = await begins(1);
    expect(background.isRequested).toBe(false);
    background.request();
    background.request();
    expect(background.isRequested).toBe(true);
    first.end();
    const second = await begins(2);
    expect([first.signal.aborted, second.signal.aborted, background.isRequested]).toEqual([false, false, false]);
    second.end();
    await background.idle();
    expect(begun).toHaveLength(2);
  });

  it('are aborted by an interruption, and another one begins only if it was requested', async () => {
    const { background, begun, begins } = rounds();
    background.request();
    const first = await begins(1);
    background.interrupt();
    expect(first.signal.aborted).toBe(true);
    first.end();
    await background.idle();
    expect(begun).toHaveLength(1);

    background.request();
    const second = await begins(2);
    background.request();
    background.interrupt();
    second.end();
    const third = await begins(3);
    expect(third.signal.aborted).toBe(false);
    third.end();
    await background.idle();
    expect(begun).toHaveLength(3);
  });

  it('never begin after the end, whatever is requested', async () => {
    const { background, begun, begins } = rounds();
    background.request();
    const first = await begins(1);
    background.request();
    background.close();
    background.request();
    expect(first.signal.aborted).toBe(true);
    let isIdle = false;
    const idle = background.idle().then(() => {
      isIdle = true;
    });
    await new Promise(setImmediate);
    expect(isIdle).toBe(false);
    first.end();
    await idle;
    expect(begun).toHaveLength(1);
  });

  it('do not begin if they are closed before they have', async () => {
    const { background, begun } = rounds();
    background.request();
    background.close();
    await background.idle();
    expect(begun).toHaveLength(0);
  });

  it('do not pause while somebody waits for them, nor when they are given up', async () => {
    const ends: string[] = [];
    const never = 3_600_000;
    const background: BackgroundRounds = new BackgroundRounds((signal) =>
      background.pause(never, signal).then(
        () => void ends.push('hurried'),
        () => void ends.push('given up'),
      ),
    );
    background.request();
    await new Promise(setImmediate);
    await background.idle();
    background.request();
    await background.idle();
    background.request();
    await new Promise(setImmediate);
    background.interrupt();
    await background.idle();
    expect(ends).toEqual(['hurried', 'hurried', 'given up']);
  });
});
