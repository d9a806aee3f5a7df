import type { IncomingMessage } from 'node:http';
import { LimitError } from '../access/limit-error.js';
import type { LimitName, Limits } from '../access/limits.js';
import { HttpError } from './messages.js';

/** So much of a body that is too long is read and thrown away; of more, the connection is cut. */
const DRAIN_MAX = 64 * 2 ** 20;
const RETRY_SECONDS = '1';

type SizeLimit = Extract<LimitName, 'imageBytes' | 'directionBytes' | 'bodyBytes'>;

/** Receives bodies, each bounded and all of them together: a hundred uploads at once must not take the memory of a hundred. */
export class Intake {
  private held = 0;

  constructor(private readonly limits: Pick<Limits, SizeLimit | 'intakeBytes'>) {}

  /**
   * What `use` makes of the whole body. 413 if it is too long, 503 if too much is on its way. What is too long is read to its
   * end and thrown away: a client that is still sending when the socket closes would see a reset and not the answer.
   */
  async receive<Result>(
    request: IncomingMessage,
    name: SizeLimit,
    use: (body: Buffer) => Result | Promise<Result>,
  ): Promise<Result> {
    const reserved = { bytes: 0 };
    try {
      return await use(await this.read(request, name, reserved));
    } finally {
      this.held -= reserved.bytes;
    }
  }

  private read(request: IncomingMessage, name: SizeLimit, reserved: { bytes: number }): Promise<Buffer> {
    const max = this.limits[name];
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let byteSize = 0;
      let refusal: HttpError | null = null;
      const refuse = (error: HttpError) => {
        refusal = error;
        chunks.length = 0;
        this.held -= reserved.bytes;
        reserved.bytes = 0;
      };
      request.on('data', (chunk: Buffer) => {
        byteSize += chunk.length;
        if (byteSize > max + DRAIN_MAX) request.destroy();
        if (refusal) return;
        if (byteSize > max) return refuse(tooLong(name, max, byteSize, request));
        if (this.held + chunk.length > this.limits.intakeBytes) return refuse(this.busy(chunk.length));
        this.held += chunk.length;
        reserved.bytes += chunk.length;
        chunks.push(chunk);
      });
      request.on('end', () => (refusal ? reject(refusal) : resolve(Buffer.concat(chunks))));
      // One that ends early, by a timeout or by its client, is no failure of ours.
      request.on('close', () => reject(refusal ?? new HttpError(400, 'BAD_USER_INPUT', 'The body ended early.')));
      request.on('error', () => reject(new HttpError(400, 'BAD_USER_INPUT', 'The body ended early.')));
    });
  }

  private busy(more: number): HttpError {
    const { intakeBytes } = this.limits;
    const error = new LimitError('intakeBytes', intakeBytes, this.held + more, 'Try again in a second.');
    return HttpError.ofLimit(503, error, { 'retry-after': RETRY_SECONDS });
  }
}

/** A client that said how long the body is gets that number. */
function tooLong(name: SizeLimit, max: number, read: number, { headers }: IncomingMessage): HttpError {
  const value = Math.max(read, Number(headers['content-length'] ?? 0) || 0);
  return HttpError.ofLimit(413, new LimitError(name, max, value, 'Send less.'));
}
