import { logPower, mixtureOf } from './mixture.ts';

/** Labelled requests that both versions answered. */
export interface PairedCounts {
  readonly labels: number;
  /** Champion right, canary wrong. */
  readonly worse: number;
  /** Champion wrong, canary right. */
  readonly better: number;
}

/** Bets as shares of the largest that cannot go broke: small ones find small effects late, large ones large effects soon. */
const bets = [0.1, 0.2, 0.3, 0.45, 0.7];

/**
 * e-process against "the canary loses at most `tolerated` of accuracy", on the same requests.
 *
 * D is 1 where only the champion was right, -1 where only the canary was, else 0, so that its mean is the loss. The
 * wealth `prod(1 + l (D_i - tolerated))` with a bet l in [0, 1 / (1 + tolerated)) is a supermartingale when the loss is
 * at most tolerated, and so is the mixture over bets: above 1/alpha at any look with a chance of at most alpha (Ville).
 * The product does not depend on the order, hence counts are enough. With tolerated = 0 only discordant pairs count.
 * `tolerated` in (-1, 1); negative asks the canary to gain. Source: Waudby-Smith and Ramdas 2024 (betting).
 */
export function pairedLossEvidence({ labels, worse, better }: PairedCounts, tolerated: number): number {
  const same = labels - worse - better;
  return mixtureOf(
    bets.map((share) => {
      const bet = share / (1 + tolerated);
      return (
        logPower(worse, 1 + bet * (1 - tolerated)) +
        logPower(better, 1 - bet * (1 + tolerated)) +
        logPower(same, 1 - bet * tolerated)
      );
    }),
  );
}

/**
 * e-process against "the canary loses `margin` of accuracy or more": what convinces that it is not worse by that much.
 * It is `pairedLossEvidence` with the roles exchanged.
 */
export function pairedNonInferiorityEvidence({ labels, worse, better }: PairedCounts, margin: number): number {
  return pairedLossEvidence({ labels, worse: better, better: worse }, -margin);
}
