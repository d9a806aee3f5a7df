import { setTimeout } from 'node:timers/promises';
import { Random } from '../support/random.js';
import { GaveUp, User, type UserOptions } from './client/user.js';
import { watch } from './users/audience.js';
import { curate } from './users/curator.js';
import { edit } from './users/editor.js';
import { research } from './users/researcher.js';
import { PORTRAITS, type World } from './world.js';

/** Everybody who uses the cluster at once, until `over`; each then ends what is under way. */
export class Crowd {
  private readonly users: User[] = [];
  private readonly working: Promise<void>[] = [];

  constructor(
    private readonly options: Omit<UserOptions, 'name' | 'random'> & { readonly seed: number },
    private readonly over: AbortSignal,
  ) {}

  user(name: string): User {
    const random = new Random(this.options.seed * 1000 + this.users.length);
    const user = new User({ ...this.options, name, random });
    this.users.push(user);
    return user;
  }

  start(world: World): void {
    const tiny = world.trainings.filter(({ name }) => name !== PORTRAITS);
    const portraits = world.trainings.filter(({ name }) => name === PORTRAITS);
    this.add('researcher 1', (user) => research(user, tiny, this.over));
    this.add('researcher 2', (user) => research(user, portraits.length > 0 ? portraits : tiny, this.over));
    this.add('editor 1', (user) => edit(user, world, this.over));
    this.add('editor 2', (user) => edit(user, world, this.over));
    this.add('curator', (user) => curate(user, world, this.over));
    this.add('audience 1', (user) => watch(user, this.over));
    this.add('audience 2', (user) => watch(user, this.over));
  }

  async ended(): Promise<void> {
    await Promise.all(this.working);
  }

  async close(): Promise<void> {
    await Promise.all(this.users.map((user) => user.close()));
  }

  private add(name: string, live: (user: User) => Promise<void>): void {
    this.working.push(this.live(this.user(name), live));
  }

  /** Goes on after a refusal, which has been reported. */
  private async live(user: User, live: (user: User) => Promise<void>): Promise<void> {
    const { violations } = this.options;
    do {
      try {
        await live(user);
      } catch (error) {
        if (!(error instanceof GaveUp)) violations.report('users', `${user.options.name}: ${(error as Error).stack}`);
        await setTimeout(500);
      }
    } while (!this.over.aborted);
  }
}
