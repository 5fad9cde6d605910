import type { GatewayGuardEvidence } from '../../contracts/evidence/gateway-guard.ts';
import { gatewayGuardTest, type GatewayGuardVerdict } from '../../policy/release/test-gateway-guard.ts';

/** The verdict of a gateway's guard again, from its stored evidence alone. */
export const judgedAgain = (evidence: GatewayGuardEvidence): GatewayGuardVerdict =>
  gatewayGuardTest(evidence)(evidence);
