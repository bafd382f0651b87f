import { apiUrl, jsonPost, queryString, fetchJson, fetchApi, sendJson } from './client';
import type {
	FailureCount,
	Image,
	ImagePage,
	ImageStatus,
	SearchHints,
	Similar,
	Sort,
	Tag,
} from './types';

/** Filter and order of images; bulk delete and export use the same parameters. */
export type ImageQuery = {
	q?: string;
	min_score?: number;
	status?: ImageStatus;
	sort?: Sort;
	/** Number of most frequent tags to count. */
	facets?: number | undefined;
	deleted?: boolean;
};

type Window = { skip?: number; cursor?: string | undefined; limit: number };

export const listImages = (imageQuery: ImageQuery, window: Window, signal?: AbortSignal) =>
	fetchJson<ImagePage>(
		`images${queryString({ ...imageQuery, ...window })}`,
		signal ? { signal } : {},
	);

export const readImage = (id: string, signal?: AbortSignal) =>
	fetchJson<Image>(`images/${id}`, signal ? { signal } : {});

export const thumbnailUrl = (id: string) => apiUrl(`images/${id}/thumbnail`);
export const originalUrl = (id: string) => apiUrl(`images/${id}/original`);

export const deleteImage = (id: string) => sendJson<void>('DELETE', `images/${id}`);
export const retryImage = (id: string) => sendJson<Image>('POST', `images/${id}/retry`);

export const listFailures = (signal?: AbortSignal) =>
	fetchJson<{ items: FailureCount[] }>('failures', signal ? { signal } : {});

/** Queue the failed images of a search again. */
export const rerunFailed = (q: string) =>
	sendJson<{ queued: number }>('POST', 'images/rerun', { scope: 'failed', q });

/** Queue the failed and cancelled images among these again. */
export const retryImages = (ids: string[]) =>
	sendJson<{ retried: number }>('POST', 'images/retry', { ids });

/** Images that a bulk action applies to. */
export type BulkTarget = { ids: string[] } | { q: string; min_score?: number } | { all: true };

export const deleteImages = (choice: BulkTarget) =>
	sendJson<{ deleted: number; ids: string[] }>('POST', 'images/delete', choice);
export const restoreImages = (ids: string[]) =>
	sendJson<{ restored: number }>('POST', 'images/restore', { ids });
/** Images in the trash to delete permanently. */
export type PurgeTarget = { ids: string[] } | { all: true };

export const purgeImages = (target: PurgeTarget) =>
	sendJson<{ purged: number }>('POST', 'images/purge', target);

export const similarImages = (id: string, signal?: AbortSignal) =>
	fetchJson<{ items: Similar[] }>(`images/${id}/similar`, signal ? { signal } : {});

export const suggestTags = (prefix: string, signal?: AbortSignal) =>
	fetchJson<{ items: Tag[] }>(
		`tags${queryString({ q: prefix, limit: 8 })}`,
		signal ? { signal } : {},
	);

/** Load what else a search may have meant, and the names of the tags in it. */
export const searchHints = (q: string, minScore: number, signal?: AbortSignal) =>
	fetchJson<SearchHints>(
		`search/hints${queryString({ q, min_score: minScore })}`,
		signal ? { signal } : {},
	);

/** Images to export: by id or by search. */
export type ExportScope = { ids: string[] } | { q?: string; min_score?: number };

/** Return the address of the CSV file of a search. */
export const csvUrl = (q: string) => apiUrl(`export${queryString({ format: 'csv', q })}`);

/** Request an export file. Ids are sent in the body, because there can be many. */
export function exportImages(
	format: string,
	scope: ExportScope,
	signal: AbortSignal,
): Promise<Response> {
	if (!('ids' in scope)) return fetchApi(`export${queryString({ format, ...scope })}`, { signal });
	return fetchApi(`export${queryString({ format })}`, { signal, ...jsonPost({ ids: scope.ids }) });
}
