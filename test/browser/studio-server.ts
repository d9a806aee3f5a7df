import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../../scripts/support/api.js';
import { type LaunchedServer, launchServer } from '../../scripts/support/launch.js';

/** The compiled server, started as a user starts it, that can be stopped and started again at the same address. */
export class StudioServer {
  private constructor(
    private readonly dataDir: string,
    private launched: LaunchedServer,
    readonly api: Api,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** `env`: settings beside the data folder and the port. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<StudioServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'azimuth-studio-'));
    const settings = { AZIMUTH_DEVICE: 'cpu', ...env };
    const launched = await launchServer(dataDir, settings);
    return new StudioServer(dataDir, launched, new Api(launched.url), settings);
  }

  get url(): string {
    return this.launched.url;
  }

  async stop(): Promise<void> {
    await this.launched.stop();
  }

  async startAgain(): Promise<void> {
    const { port } = new URL(this.url);
    this.launched = await launchServer(this.dataDir, { ...this.env, PORT: port });
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.launched.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
