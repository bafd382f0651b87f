import { address, posting, query, request, respond, send } from './client';
import type { Image, ImagePage, ImageStatus, Similar, Sort, Tag } from './types';

/** What is asked of the gallery: the same words for the list, the bulk delete and the export. */
export type ImageQuery = {
	q?: string;
	min_score?: number;
	status?: ImageStatus;
	sort?: Sort;
	/** So many of the most frequent tags are counted as well. */
	facets?: number | undefined;
	deleted?: boolean;
};

type Window = { skip?: number; cursor?: string | undefined; limit: number };

export const listImages = (what: ImageQuery, window: Window, signal?: AbortSignal) =>
	request<ImagePage>(`images${query({ ...what, ...window })}`, signal ? { signal } : {});

export const readImage = (id: string, signal?: AbortSignal) =>
	request<Image>(`images/${id}`, signal ? { signal } : {});

export const thumbnailAddress = (id: string) => address(`images/${id}/thumbnail`);
export const originalAddress = (id: string) => address(`images/${id}/original`);

export const deleteImage = (id: string) => send<void>('DELETE', `images/${id}`);
export const retryImage = (id: string) => send<Image>('POST', `images/${id}/retry`);

/** Which pictures a bulk action is about. */
export type Choice = { ids: string[] } | { q: string; min_score?: number } | { all: true };

export const deleteImages = (choice: Choice) =>
	send<{ deleted: number; ids: string[] }>('POST', 'images/delete', choice);
export const restoreImages = (ids: string[]) =>
	send<{ restored: number }>('POST', 'images/restore', { ids });
/** Removes for good all that is in the trash. */
export const purgeImages = () => send<{ purged: number }>('POST', 'images/purge', { all: true });

export const similarImages = (id: string, signal?: AbortSignal) =>
	request<{ items: Similar[] }>(`images/${id}/similar`, signal ? { signal } : {});

export const suggestTags = (prefix: string, signal?: AbortSignal) =>
	request<{ items: Tag[] }>(`tags${query({ q: prefix, limit: 8 })}`, signal ? { signal } : {});

/** Which pictures a file is to hold. */
export type Exported = { ids: string[] } | { q?: string; min_score?: number };

/** The gallery as a file: what a search shows, or pictures by id, however many. */
export function exportImages(
	format: string,
	what: Exported,
	signal: AbortSignal,
): Promise<Response> {
	if (!('ids' in what)) return respond(`export${query({ format, ...what })}`, { signal });
	return respond(`export${query({ format })}`, { signal, ...posting({ ids: what.ids }) });
}
