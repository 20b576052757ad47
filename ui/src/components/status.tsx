/** State in three ways at once: icon, word and colour. Never by colour alone. */
import {
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleHelp,
  Info,
  OctagonAlert,
  OctagonX,
  TriangleAlert,
  Wrench,
  type LucideIcon,
} from 'lucide-react';
import type { EventStatus, HealthStatus, Severity, Status } from '../api/types';
import { useTranslation } from '../i18n';
import css from './status.module.css';

type Tone = 'critical' | 'warning' | 'unknown' | 'notinit' | 'normal' | 'info';

const statusLook: Record<Status, [LucideIcon, Tone]> = {
  critical: [OctagonAlert, 'critical'],
  warning: [TriangleAlert, 'warning'],
  unknown: [CircleHelp, 'unknown'],
  not_init: [CircleDashed, 'notinit'],
  normal: [CircleCheck, 'normal'],
};

const severityLook: Record<Severity, [LucideIcon, Tone]> = {
  critical: [OctagonAlert, 'critical'],
  major: [OctagonX, 'critical'],
  warning: [TriangleAlert, 'warning'],
  minor: [TriangleAlert, 'warning'],
  normal: [CircleCheck, 'normal'],
  informational: [Info, 'info'],
  maintenance: [Wrench, 'notinit'],
};

const eventStatusLook: Record<EventStatus, [LucideIcon, Tone]> = {
  new: [CircleDot, 'info'],
  in_process: [CircleDashed, 'warning'],
  validated: [CircleCheck, 'normal'],
};

const healthLook: Record<HealthStatus, [LucideIcon, Tone]> = {
  ok: [CircleCheck, 'normal'],
  degraded: [TriangleAlert, 'warning'],
  failing: [OctagonAlert, 'critical'],
};

interface BadgeProps {
  look: [LucideIcon, Tone];
  word: string;
  quiet?: boolean | undefined;
  small?: boolean | undefined;
}

function Badge({ look: [Icon, tone], word, quiet, small }: BadgeProps) {
  const size = small ? 14 : 16;
  return (
    <span className={`y-badge ${css.badge} ${quiet ? css.quiet : ''}`} data-tone={tone}>
      <Icon size={size} strokeWidth={2.25} aria-hidden="true" />
      <span>{word}</span>
    </span>
  );
}

type Look = { quiet?: boolean; small?: boolean };

export function StatusBadge({ status, ...look }: { status: Status } & Look) {
  const { t } = useTranslation();
  return <Badge look={statusLook[status]} word={t(`status.${status}`)} {...look} />;
}

export function SeverityBadge({ severity, ...look }: { severity: Severity } & Look) {
  const { t } = useTranslation();
  return <Badge look={severityLook[severity]} word={t(`severity.${severity}`)} {...look} />;
}

export function EventStatusBadge({ status, ...look }: { status: EventStatus } & Look) {
  const { t } = useTranslation();
  return <Badge look={eventStatusLook[status]} word={t(`event_status.${status}`)} {...look} />;
}

export function HealthBadge({ status, ...look }: { status: HealthStatus } & Look) {
  const { t } = useTranslation();
  return <Badge look={healthLook[status]} word={t(`health_status.${status}`)} {...look} />;
}

export function StatusIcon({ status, size = 16 }: { status: Status; size?: number }) {
  const [Icon, tone] = statusLook[status];
  return (
    <span className={css.icon} data-tone={tone}>
      <Icon size={size} strokeWidth={2.25} aria-hidden="true" />
    </span>
  );
}
