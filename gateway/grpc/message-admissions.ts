import type { Caller } from '../call/infer-call.ts';

/** Whether a message was let in by its first bytes; null where it came whole, and who answers it asks. */
export type EarlyAdmission = { readonly caller: Caller } | { readonly refusal: unknown } | null;

/**
 * Admission of the messages of one stream that `grpc-js` puts together: one that comes in parts is let in, or refused, by its first part.
 * Who answers takes them in the order of the messages; what is not taken leaves when the stream is closed.
 */
export class MessageAdmissions {
  readonly #admit: () => Caller;
  readonly #leave: () => void;
  #partial: EarlyAdmission = null;
  readonly #whole: EarlyAdmission[] = [];

  /** `admit` throws where the caller is refused; `leave` follows each admission. */
  constructor(admit: () => Caller, leave: () => void) {
    this.#admit = admit;
    this.#leave = leave;
  }

  /** A part of a message came, and more is missing. */
  part(): void {
    if (this.#partial !== null) return;
    try {
      this.#partial = { caller: this.#admit() };
    } catch (error) {
      this.#partial = { refusal: error };
    }
  }

  /** The message is whole. */
  end(): void {
    this.#whole.push(this.#partial);
    this.#partial = null;
  }

  /** Of the next whole message. */
  take(): EarlyAdmission {
    return this.#whole.shift() ?? null;
  }

  /** Lets go of what will not be answered. */
  drop(admission: EarlyAdmission): void {
    if (admission !== null && 'caller' in admission) this.#leave();
  }

  close(): void {
    for (const admission of [...this.#whole.splice(0), this.#partial]) this.drop(admission);
    this.#partial = null;
  }
}

/** Who was let in, or null where nobody was asked yet. Throws what refused the message. */
export function admittedCaller(admission: EarlyAdmission): Caller | null {
  if (admission === null) return null;
  if ('refusal' in admission) throw admission.refusal;
  return admission.caller;
}
