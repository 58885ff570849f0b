import { mkdir, rm } from 'node:fs/promises';
import { type FrontendTemplate, ListedJob, type PrimaryFile, type ReadAlong } from './frontend-job.js';
import { FrontendServer, type ServerAnswer } from './frontend-server.js';

export interface ReadyFrontendOptions {
  template: FrontendTemplate;
  workingDirectory: string | undefined;
  /** Of the frontend alone; it goes with it. */
  folder: string;
  /** Whether main.swift is among the sources. */
  hasScript: boolean;
  /** The descriptor of native/warm_frontend.cpp, built. */
  image: number;
}

/**
 * A `swift-frontend` that has started, and waits for what it is to compile: any files of the module, for it has read none. Each compile is a fork of
 * it, without the quarter of a compile that the start of the compiler is.
 */
export class ReadyFrontend {
  readonly hasScript: boolean;
  /** Resolves when neither the process nor a compile of it is there any more. */
  readonly ended: Promise<void>;
  readonly #job: ListedJob;
  readonly #server: FrontendServer;

  /** Resolves when it waits. Rejects with what it said instead if it cannot be of use, and with the signal's reason. */
  static async start(options: ReadyFrontendOptions, signal: AbortSignal): Promise<ReadyFrontend> {
    const { template, workingDirectory, folder, hasScript, image } = options;
    await mkdir(folder, { recursive: true });
    try {
      const job = new ListedJob(folder);
      const args = job.arguments(template, hasScript);
      const sentinel = ListedJob.firstRead;
      const { program, temporaryFolder } = template;
      const server = await FrontendServer.start({ program, args, workingDirectory, temporaryFolder, folder, sentinel, image }, signal);
      return new ReadyFrontend(hasScript, job, server);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(hasScript: boolean, job: ListedJob, server: FrontendServer) {
    this.hasScript = hasScript;
    this.ended = server.ended;
    this.#job = job;
    this.#server = server;
  }

  /** Whether it can compile now. */
  get isIdle(): boolean {
    return this.#server.isIdle;
  }

  /**
   * Compiles some files. Rejects, and kills the compile, if the signal aborts, or with ERR_HOTSWIFT_TIMEOUT.
   */
  compile(
    primaries: readonly PrimaryFile[],
    along: ReadAlong,
    overlay: string,
    options: { signal?: AbortSignal; timeout: number },
  ): Promise<ServerAnswer> {
    return this.#server.compile(() => this.#job.write(primaries, along, overlay), options);
  }

  /** Ends it and what it compiles, and deletes what it used. Idempotent. */
  close(): Promise<void> {
    return this.#server.close();
  }
}
