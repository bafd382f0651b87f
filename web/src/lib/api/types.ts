/** Short names of the API types, which `npm run types` generates from `openapi.json`. */
import type { components, paths } from './schema';

type Schemas = components['schemas'];
type Query<Path extends keyof paths> = paths[Path] extends {
	get: { parameters: { query?: infer Params } };
}
	? NonNullable<Params>
	: never;

export type Image = Schemas['ImageRead'];
export type ImageStatus = Image['status'];
export type Prediction = Schemas['PredictionRead'];
export type Sort = NonNullable<Query<'/api/v1/images'>['sort']>;

export type Job = Schemas['JobSummary'] & Partial<Schemas['JobRead']>;
export type JobItem = Schemas['JobItemRead'];
export type JobCounts = Schemas['JobCounts'];

export type ImagePage = Schemas['ImagePage'];
export type JobPage = Schemas['Page_JobSummary_'];
export type Limits = Schemas['Limits'];
export type ServiceStatus = Schemas['Status'];
export type FailureCount = Schemas['FailureCount'];
export type Tag = Schemas['TagRead'];
export type ImageTag = Schemas['ImageTagRead'];
export type Verdict = NonNullable<ImageTag['verdict']>;

export type Similar = Schemas['SimilarRead'];
export type Facets = Schemas['FacetsRead'];
export type Match = Schemas['MatchRead'];
export type ApiKey = Schemas['KeyRead'];
/** A new key with its secret. */
export type CreatedKey = Schemas['KeyCreated'];
export type NewKey = Schemas['NewKey'];
export type Rotation = Schemas['Rotation'];
export type Scope = ApiKey['scopes'][number];

export type SearchHints = Schemas['SearchHints'];
export type SearchHint = Schemas['SearchHint'];
