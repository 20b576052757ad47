/**
 * The API's types under short names. They are generated (`npm run types`) from openapi.json, which
 * the console prints; everything else imports from here.
 */
import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type { paths } from './schema.gen';
export type Session = Schemas['Session'];
export type AgentSummary = Schemas['AgentSummary'];
export type AgentDetail = Schemas['AgentDetail'];
export type AgentPage = Schemas['AgentPage'];
export type Counts = Schemas['StatusCounts'];
export type Module = Schemas['Module'];
export type Threshold = Schemas['Threshold'];
export type History = Schemas['History'];
export type EventItem = Schemas['Event'];
export type EventPage = Schemas['EventPage'];
export type Group = Schemas['Group'];
export type Health = Schemas['Health'];
export type QuarantineItem = Schemas['QuarantineItem'];
export type Preferences = Schemas['Preferences'];
export type FieldProblem = Schemas['FieldProblem'];

export type Status = AgentSummary['status'];
export type Severity = EventItem['severity'];
export type EventStatus = EventItem['status'];
export type HealthStatus = Health['status'];
export type ModuleValue = NonNullable<Module['value']>;
export type Point = History['points'][number];
export type TrendPoint = History['trend'][number];
export type Gap = History['gaps'][number];
export type Language = NonNullable<Preferences['language']>;
export type Theme = Preferences['theme'];
export type Density = Preferences['density'];
export type Params = Record<string, string>;

/** A problem document. The code is open: the page makes problems of its own too. */
export type Problem = Omit<Schemas['Problem'], 'code'> & { code: string };
