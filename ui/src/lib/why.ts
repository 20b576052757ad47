/** Why a host stands where it stands in the list, as a reason that any language can put in words. */
import type { AgentSummary, ModuleValue } from '../api/types';

export type Reason =
  | { kind: 'disabled' }
  | { kind: 'pending' }
  | { kind: 'rejected' }
  | {
      kind: 'module';
      status: 'critical' | 'warning' | 'unknown' | 'not_init';
      module: string;
      value: ModuleValue | null;
      since: string | null;
      others: number;
    }
  | { kind: 'silent'; since: string; intervalS: number }
  | { kind: 'never' }
  | { kind: 'empty' }
  | { kind: 'normal'; count: number };

/** Two missed reports and the host counts as silent, whatever its modules last said. */
export const silentAfterIntervals = 2;

export function whyFirst(agent: AgentSummary, nowMs: number): Reason {
  if (agent.disabled) return { kind: 'disabled' };
  if (agent.approval === 'pending') return { kind: 'pending' };
  if (agent.approval === 'rejected') return { kind: 'rejected' };
  const { modules, worst } = agent;
  if (!agent.last_contact) return { kind: 'never' };
  const silentMs = nowMs - Date.parse(agent.last_contact);
  const silent = agent.interval_s > 0 && silentMs > agent.interval_s * silentAfterIntervals * 1000;
  if (silent && agent.status !== 'critical' && agent.status !== 'warning') {
    return { kind: 'silent', since: agent.last_contact, intervalS: agent.interval_s };
  }
  if (worst && worst.status !== 'normal') {
    return {
      kind: 'module',
      status: worst.status,
      module: worst.module,
      value: worst.value,
      since: worst.since,
      others: Math.max(0, modules[worst.status] - 1),
    };
  }
  if (modules.total === 0) return { kind: 'empty' };
  return { kind: 'normal', count: modules.total };
}
