import { describe, expect, it } from 'vitest';
import type { AgentSummary } from '../api/types';
import { whyFirst } from './why';

const now = Date.parse('2026-01-31T12:00:00Z');
const agent = (part: Partial<AgentSummary>): AgentSummary => ({
  id: 1,
  name: 'a',
  alias: 'A',
  address: '',
  os_name: '',
  os_version: '',
  group: { id: 1, name: 'g' },
  status: 'normal',
  status_since: null,
  last_contact: '2026-01-31T11:58:00Z',
  interval_s: 300,
  disabled: false,
  approval: 'approved',
  modules: { total: 3, normal: 3, critical: 0, warning: 0, unknown: 0, not_init: 0 },
  worst: null,
  demo: false,
  ...part,
});

describe('why a host comes first', () => {
  it('names the worst module and how many others are as bad', () => {
    const reason = whyFirst(
      agent({
        status: 'critical',
        modules: { total: 5, normal: 2, critical: 3, warning: 0, unknown: 0, not_init: 0 },
        worst: {
          module_id: 9,
          module: 'Disk',
          status: 'critical',
          value: { kind: 'number', number: 97 },
          since: '2026-01-31T11:00:00Z',
        },
      }),
      now,
    );
    expect(reason).toMatchObject({ kind: 'module', module: 'Disk', others: 2 });
  });
  it('is silence once two reports are missing, unless something is known to be bad', () => {
    const silent = { last_contact: '2026-01-31T11:49:00Z', status: 'unknown' } as const;
    expect(whyFirst(agent(silent), now)).toMatchObject({ kind: 'silent', intervalS: 300 });
    expect(whyFirst(agent({ last_contact: '2026-01-31T11:51:00Z' }), now).kind).toBe('normal');
    const worst = {
      module_id: 1,
      module: 'CPU',
      status: 'critical',
      value: null,
      since: null,
    } as const;
    expect(whyFirst(agent({ ...silent, status: 'critical', worst }), now).kind).toBe('module');
  });
  it('is what a person has to decide, before anything else', () => {
    expect(whyFirst(agent({ approval: 'pending' }), now).kind).toBe('pending');
    expect(whyFirst(agent({ approval: 'rejected' }), now).kind).toBe('rejected');
    expect(whyFirst(agent({ disabled: true, approval: 'pending' }), now).kind).toBe('disabled');
  });
  it('tells never reported from reports without modules', () => {
    expect(whyFirst(agent({ last_contact: null }), now).kind).toBe('never');
    const modules = { total: 0, normal: 0, critical: 0, warning: 0, unknown: 0, not_init: 0 };
    expect(whyFirst(agent({ modules }), now).kind).toBe('empty');
  });
});
