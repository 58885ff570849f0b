import { type JobControl, LatestJob, type Relation } from '../../lib/edit/latest-job.js';

/** A job that the test ends by hand. */
function controlledJob() {
  const runs: { control: JobControl; finish(result: string): void; fail(error: Error): void }[] = [];
  const job = new LatestJob<string>(
    (control) =>
      new Promise((resolve, reject) => {
        control.signal.addEventListener('abort', () => reject(control.signal.reason));
        runs.push({ control, finish: resolve, fail: reject });
      }),
  );
  return { job, runs };
}

const served = async (): Promise<Relation> => 'served';
const supersedes = async (): Promise<Relation> => 'supersedes';
const follows = async (): Promise<Relation> => 'follows';
/** Lets everything that can go on without the outside go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('LatestJob', () => {
  it('runs one job for requests that come before it starts', async () => {
    const { job, runs } = controlledJob();
    const first = job.request(supersedes);
    await settle();
    runs[0].control.commit();
    const others = [job.request(supersedes), job.request(supersedes)];
    await settle();
    expect(runs).toHaveLength(1);
    runs[0].finish('one');
    expect(await first).toBe('one');
    await settle();
    expect(runs).toHaveLength(2);
    runs[1].finish('two');
    expect(await Promise.all(others)).toEqual(['two', 'two']);
  });

  it('aborts a job whose result is worthless and serves its callers with the next one', async () => {
    const { job, runs } = controlledJob();
    const first = job.request(supersedes);
    await settle();
    const second = job.request(supersedes);
    await settle();
    expect(runs[0].control.signal.aborted).toBe(true);
    expect(runs).toHaveLength(2);
    runs[1].finish('newest');
    expect(await Promise.all([first, second])).toEqual(['newest', 'newest']);
  });

  it('lets a request join the job that runs when that will do', async () => {
    const { job, runs } = controlledJob();
    const first = job.request(supersedes);
    await settle();
    const second = job.request(served);
    await settle();
    runs[0].finish('same');
    expect(await Promise.all([first, second])).toEqual(['same', 'same']);
    expect(runs).toHaveLength(1);
  });

  it('lets a job through whose result is wanted, and runs another behind it', async () => {
    const { job, runs } = controlledJob();
    const first = job.request(supersedes);
    await settle();
    const others = [job.request(follows), job.request(follows)];
    await settle();
    expect(runs[0].control.signal.aborted).toBe(false);
    runs[0].finish('compiled');
    expect(await first).toBe('compiled');
    await settle();
    expect(runs).toHaveLength(2);
    runs[1].finish('set');
    expect(await Promise.all(others)).toEqual(['set', 'set']);
  });

  it('never aborts a job that has committed', async () => {
    const { job, runs } = controlledJob();
    const first = job.request(supersedes);
    await settle();
    runs[0].control.commit();
    const second = job.request(supersedes);
    await settle();
    expect(runs[0].control.signal.aborted).toBe(false);
    runs[0].finish('old');
    expect(await first).toBe('old');
    await settle();
    runs[1].finish('new');
    expect(await second).toBe('new');
  });

  it('rejects a failed job’s callers alone and goes on with the next request', async () => {
    const { job, runs } = controlledJob();
    const first = job.request(supersedes);
    await settle();
    runs[0].fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    const second = job.request(supersedes);
    await settle();
    runs[1].finish('fine');
    expect(await second).toBe('fine');
  });

  it('rejects everything when it ends, what runs, what waits and what comes later', async () => {
    const { job, runs } = controlledJob();
    const running = job.request(supersedes);
    await settle();
    runs[0].control.commit();
    const waiting = job.request(supersedes);
    await settle();
    job.end(new Error('closed'));
    await expect(running).rejects.toThrow('closed');
    await expect(waiting).rejects.toThrow('closed');
    await expect(job.request(supersedes)).rejects.toThrow('closed');
  });

  it('is idle when every request has its result, those included that ask what a running job means to them', async () => {
    const { job, runs } = controlledJob();
    await job.idle();
    const first = job.request(supersedes);
    await settle();
    let relate: (relation: Relation) => void = () => {};
    const second = job.request(
      () =>
        new Promise((resolve) => {
          relate = resolve;
        }),
    );
    const idle = job.idle().then(() => 'idle');
    runs[0].finish('one');
    await first;
    await settle();
    expect(job.isIdle).toBe(false);
    relate('supersedes');
    await settle();
    runs[1].finish('two');
    expect(await Promise.race([second.then(() => 'second'), idle])).toBe('second');
    expect([await idle, job.isIdle]).toEqual(['idle', true]);
  });
});
